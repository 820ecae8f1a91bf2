// Width and height: given, or the model's size for a shape.
#include "base/log.h"
#include "plan/resolution.h"

namespace kinema::plan {
namespace {

void check_side(Resolution& r, const char* key, int64_t pixels) {
  const auto& rules = r.job.model.shape;
  if (pixels % rules.size_multiple() == 0) return;
  r.wrong(fmt::format("{}x{}: {} must be a multiple of {}{}", *r.request().width,
                      *r.request().height, key, rules.size_multiple(), r.from(key)),
          fmt::format("--{} {}", key, legal_size(pixels, rules)));
}

void check_given_size(Resolution& r) {
  const auto& request = r.request();
  if (request.resolution || request.aspect_ratio) {
    r.wrong("--width and --height already say what --resolution and --aspect-ratio would",
            "give one or the other");
  }
  check_side(r, "width", *request.width);
  check_side(r, "height", *request.height);
}

void choose_size(Resolution& r) {
  auto& request = r.request();
  ShapeWish wish{request.resolution, r.around.picture};
  std::string source = "the model's size";
  if (request.aspect_ratio) {
    wish.ratio = FrameSize{request.aspect_ratio->width, request.aspect_ratio->height};
    source += fmt::format(" for {}:{}", wish.ratio->width, wish.ratio->height);
  } else if (wish.ratio) {
    source += fmt::format(" for a picture of {}x{}", wish.ratio->width, wish.ratio->height);
  }
  const auto size = r.job.model.rules().size_for(r.job.model, wish);
  if (wish.ratio && !request.aspect_ratio) {
    r.note(fmt::format("{}x{} for the picture of {}x{}", size.width, size.height, wish.ratio->width,
                       wish.ratio->height));
  }
  r.fill(request.width, "width", size.width, source);
  r.fill(request.height, "height", size.height, source);
}

}  // namespace

void resolve_size(Resolution& r) {
  const auto& request = r.request();
  if (request.width && request.height) {
    check_given_size(r);
  } else if (request.width || request.height) {
    r.wrong(fmt::format("--{} is given without --{}", request.width ? "width" : "height",
                        request.width ? "height" : "width"),
            "give both, or neither for the model's size");
  } else {
    choose_size(r);
  }
}

}  // namespace kinema::plan
