// Owning handles and error texts for FFmpeg's libraries; only sources that need FFmpeg include
// this.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>

namespace kinema::media {

struct AvDelete {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};

using AvCodecContext = std::unique_ptr<AVCodecContext, AvDelete>;
using AvFrame = std::unique_ptr<AVFrame, AvDelete>;
using AvPacket = std::unique_ptr<AVPacket, AvDelete>;
using AvScaler = std::unique_ptr<SwsContext, AvDelete>;

// Options by name; what a call did not take stays inside.
class AvOptions {
 public:
  AvOptions() = default;
  ~AvOptions() { av_dict_free(&options_); }
  AvOptions(const AvOptions&) = delete;
  AvOptions& operator=(const AvOptions&) = delete;

  void set(const std::string& key, const std::string& value) {
    av_dict_set(&options_, key.c_str(), value.c_str(), 0);
  }
  AVDictionary** pointer() { return &options_; }
  // The first option that was not taken, or an empty string.
  std::string left_over() const {
    const auto* entry = av_dict_get(options_, "", nullptr, AV_DICT_IGNORE_SUFFIX);
    return entry ? entry->key : "";
  }

 private:
  AVDictionary* options_ = nullptr;
};

// FFmpeg's text for a negative return code.
std::string av_message(int code);

// Returns `code` if it is not negative; otherwise throws Error(kIo) "<name>: <what>: <text>".
int av_check(int code, const std::string& name, const char* what);

// Returns `pointer` if it is not null; otherwise throws Error(kMemory) saying what could not be
// made.
template <typename T>
T* av_made(T* pointer, const char* what);

// "file:<path>": names with a colon would else be taken for a protocol.
std::string av_url(const std::string& path);

// FFmpeg's own lines on stderr are off: what fails is said once, by an Error. A setting of the
// process, so every entry point makes it.
void quiet_av();

[[noreturn]] void throw_not_made(const char* what);

template <typename T>
T* av_made(T* pointer, const char* what) {
  if (pointer == nullptr) throw_not_made(what);
  return pointer;
}

}  // namespace kinema::media
