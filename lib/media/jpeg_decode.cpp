// libjpeg's errors leave by longjmp, so nothing with a destructor lives in the function they leave.
#include "media/jpeg_decode.h"

#include <csetjmp>
#include <cstdio>

extern "C" {
#include <jerror.h>
#include <jpeglib.h>
}

#include "base/error.h"

namespace kinema::media {
namespace {

struct Decoding {
  jpeg_error_mgr errors{};  // first: libjpeg's callbacks get its address
  jmp_buf escape{};
  char why[JMSG_LENGTH_MAX] = {};
  jpeg_decompress_struct state{};
};

[[noreturn]] void on_error(j_common_ptr state) {
  auto* decoding = reinterpret_cast<Decoding*>(state->err);
  state->err->format_message(state, decoding->why);
  std::longjmp(decoding->escape, 1);
}

// Warnings (negative levels) are guesses at damaged pixels, but for two that concern no pixel.
void on_message(j_common_ptr state, int level) {
  const int code = state->err->msg_code;
  if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM) on_error(state);
}

// False with `why` filled in if the picture cannot be had.
bool decode(Decoding& decoding, std::span<const uint8_t> bytes, Image& image) {
  auto& state = decoding.state;
  if (setjmp(decoding.escape) != 0) return false;
  jpeg_create_decompress(&state);
  jpeg_mem_src(&state, bytes.data(), bytes.size());
  jpeg_read_header(&state, TRUE);
  state.out_color_space = JCS_RGB;
  jpeg_start_decompress(&state);
  if (static_cast<int>(state.output_width) != image.size.width ||
      static_cast<int>(state.output_height) != image.size.height) {
    std::snprintf(decoding.why, sizeof decoding.why, "it holds two sizes");
    return false;
  }
  while (state.output_scanline < state.output_height) {
    JSAMPROW row = image.row(static_cast<int>(state.output_scanline));
    jpeg_read_scanlines(&state, &row, 1);
  }
  return true;
}

}  // namespace

Image decoded_jpeg(std::span<const uint8_t> bytes, Size size, const std::string& name) {
  Image image(size);
  Decoding decoding;
  decoding.state.err = jpeg_std_error(&decoding.errors);
  decoding.errors.error_exit = on_error;
  decoding.errors.emit_message = on_message;
  const bool complete = decode(decoding, bytes, image);
  jpeg_destroy_decompress(&decoding.state);
  if (!complete) throw Error(ErrorKind::kIo, name + ": is damaged: " + decoding.why);
  return image;
}

}  // namespace kinema::media
