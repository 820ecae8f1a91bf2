// libavformat's muxers with nothing in the file but what the job decides.
#include "media/muxer.h"

#include <cstdint>
#include <numeric>

#include "base/path_text.h"

namespace kinema::media {
namespace {

const char* container_of(const std::filesystem::path& path) {
  const auto extension = lowered_extension(path);
  if (extension == ".mkv") return "matroska";
  return extension == ".wav" ? "wav" : "mp4";
}

// Ticks a second in which the frames of two or more streams all begin; 0 if there is no such
// number. MP4 counts the streams' lengths in them: milliseconds would round these.
int64_t common_clock(const AVFormatContext& context) {
  int64_t ticks = 1;
  for (unsigned i = 0; i < context.nb_streams; ++i)
    ticks = std::lcm(ticks, int64_t{context.streams[i]->time_base.den});
  return context.nb_streams > 1 && ticks <= INT32_MAX ? ticks : 0;
}

}  // namespace

Muxer::Muxer(const std::filesystem::path& path, const std::string& comment)
    : name_(path.string()), file_(path) {
  const std::string url = av_url(file_.path().string());
  check(avformat_alloc_output_context2(&context_, nullptr, container_of(path), url.c_str()));
  context_->flags |= AVFMT_FLAG_BITEXACT;  // no library versions, no random identifiers
  if (!comment.empty()) av_dict_set(&context_->metadata, "comment", comment.c_str(), 0);
  const int code = avio_open(&context_->pb, url.c_str(), AVIO_FLAG_WRITE);
  if (code < 0) {  // the destructor does not run
    avformat_free_context(context_);
    check(code);
  }
}

Muxer::~Muxer() {
  avio_closep(&context_->pb);
  avformat_free_context(context_);
}

void Muxer::check(int code) const { av_check(code, name_, "cannot be written"); }

bool Muxer::wants_global_header() const {
  return (context_->oformat->flags & AVFMT_GLOBALHEADER) != 0;
}

AVStream* Muxer::add_stream(const AVCodecContext& encoder) {
  AVStream* stream = av_made(avformat_new_stream(context_, nullptr), "a stream");
  check(avcodec_parameters_from_context(stream->codecpar, &encoder));
  // Players of Apple know HEVC by this name only.
  if (encoder.codec_id == AV_CODEC_ID_HEVC) stream->codecpar->codec_tag = MKTAG('h', 'v', 'c', '1');
  stream->time_base = encoder.time_base;
  stream->avg_frame_rate = encoder.framerate;
  return stream;
}

void Muxer::start() {
  AvOptions options;
  context_->max_interleave_delta = 0;  // streams wait for each other however long it takes
  // The index in front of the pictures: players can begin before the download ends.
  options.set("movflags", "+faststart");
  if (const auto ticks = common_clock(*context_); ticks > 0)
    options.set("movie_timescale", std::to_string(ticks));
  check(avformat_write_header(context_, options.pointer()));
}

void Muxer::write(AVPacket& packet, const AVStream& stream, AVRational time_base) {
  packet.stream_index = stream.index;
  av_packet_rescale_ts(&packet, time_base, stream.time_base);
  check(av_interleaved_write_frame(context_, &packet));
}

void Muxer::finish() {
  check(av_write_trailer(context_));
  check(avio_closep(&context_->pb));
  file_.commit();
}

}  // namespace kinema::media
