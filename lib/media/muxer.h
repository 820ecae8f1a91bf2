// A container file being written: streams are added, then packets, then it is finished.
#pragma once

#include <filesystem>
#include <string>

#include "base/atomic_file.h"
#include "media/av.h"

namespace kinema::media {

// Written aside and renamed by finish(); gone without it. Every error is Error(kIo) naming the
// path.
class Muxer {
 public:
  // The container is the one of the path's extension: .mkv, .wav, else MP4.
  Muxer(const std::filesystem::path& path, const std::string& comment);
  ~Muxer();
  Muxer(const Muxer&) = delete;
  Muxer& operator=(const Muxer&) = delete;

  // Some containers want a stream's description beside it, not in its packets.
  bool wants_global_header() const;
  // Adds a stream of what `encoder`, already open, makes; returns it. Before start().
  AVStream* add_stream(const AVCodecContext& encoder);
  // Writes the header. The streams' time bases are final from here on.
  void start();
  // Takes the packet's contents; `time_base` is the unit of its times. Streams may come one after
  // the other: in the file they stand side by side, and wait in memory for each other before.
  void write(AVPacket& packet, const AVStream& stream, AVRational time_base);
  void finish();

  // The path, for messages.
  const std::string& name() const { return name_; }

 private:
  void check(int code) const;

  std::string name_;
  AtomicFile file_;
  AVFormatContext* context_ = nullptr;
};

}  // namespace kinema::media
