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

int64_t target_size(const Resolution& r) {
  const auto resolution = r.job.request().resolution;
  if (!resolution) return r.job.model.hunyuan15.transformer.target_size;
  return *resolution == config::Resolution::k480p ? 640 : 960;
}

void choose_size(Resolution& r) {
  auto& request = r.request();
  const int64_t target = target_size(r), multiple = r.job.model.shape.size_multiple();
  FrameSize size;
  std::string source = "the model's size for ";
  if (request.aspect_ratio) {
    size = bucket_for(request.aspect_ratio->width, request.aspect_ratio->height, target, multiple);
    source += fmt::format("{}:{}", request.aspect_ratio->width, request.aspect_ratio->height);
  } else if (r.around.picture) {
    size = bucket_for(r.around.picture->width, r.around.picture->height, target, multiple);
    source += fmt::format("a picture of {}x{}", r.around.picture->width, r.around.picture->height);
    r.note(fmt::format("{}x{} for the picture of {}x{}", size.width, size.height,
                       r.around.picture->width, r.around.picture->height));
  } else {
    size = bucket_for(16, 9, target, multiple);
    source += "16:9";
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
