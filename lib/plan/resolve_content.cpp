// Does the checkpoint do what the job is about?
#include <limits>

#include "base/log.h"
#include "plan/resolution.h"

namespace kinema::plan {
namespace {

void check_picture(Resolution& r) {
  const auto& request = r.request();
  const auto& model = r.job.model;
  if (model.task() == Task::kTextToVideo && request.image) {
    r.wrong(fmt::format(
                "this checkpoint is text-to-video; --image needs an image-to-video one (found {})",
                model.variant) +
                r.from("image"),
            "leave --image out, or another --model");
  }
  const auto* pictures = request.image ? "image" : request.conditions ? "conditions" : nullptr;
  if (pictures && model.recommended.text_alone) {
    r.wrong(fmt::format("this checkpoint makes videos of text alone, as its kinema.json says, but "
                        "--{} is given{}",
                        pictures, r.from(pictures)),
            "leave the pictures out, or another --model");
  }
  const bool denoises = r.around.scope != Scope::kDecoding;
  if (model.task() == Task::kImageToVideo && !request.image && denoises) {
    r.wrong(
        fmt::format("this checkpoint is image-to-video ({}); it needs a picture", model.variant),
        "--image PATH");
  }
  if (!request.image && r.given("image_fit"))
    r.wrong("--image-fit says how --image is shaped, but there is none", "--image PATH");
}

void choose_seed(Resolution& r) {
  auto& request = r.request();
  if (!request.seed) {
    r.fill(request.seed, "seed", r.around.random_seed, kDrawnSeed);
    r.note(fmt::format("seed {} (random; --seed {} makes this video again)", *request.seed,
                       *request.seed));
  }
  const auto last = static_cast<uint64_t>(request.num_outputs_per_prompt - 1);
  if (*request.seed > std::numeric_limits<uint64_t>::max() - last) {
    r.wrong(fmt::format("{} outputs from seed {} go beyond the largest seed, 2^64-1",
                        request.num_outputs_per_prompt, *request.seed));
  }
}

}  // namespace

void resolve_content(Resolution& r) {
  check_picture(r);
  choose_seed(r);
  r.fill(r.request().negative_prompt, "negative_prompt", std::string(), "the program");
}

}  // namespace kinema::plan
