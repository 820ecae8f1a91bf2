// As the engine does it, without the front end.
#include "pipeline/tiny_job.h"

#include <c10/core/InferenceMode.h>

#include "support/ranks.h"

namespace kinema::test {

config::Request tiny_request(const std::string& family,
                             const std::string& variant,
                             const std::filesystem::path& frames) {
  const auto folder = std::filesystem::path(KINEMA_TEST_DATA) / family / variant;
  config::Request request;
  request.model = folder / "model";
  request.prompt = "A fox runs past a sign \"Open\"";
  request.num_frames = 9;
  request.num_inference_steps = 2;
  request.guidance_scale = 6;
  request.seed = 7;
  request.threads = 1;
  request.frames_dir = frames;
  request.save_tensors = frames.parent_path() / "tensors.safetensors";
  if (variant == "i2v") {
    request.image = folder / "image.png";
    if (family == kLtx2) request.image_crf = 0;
  }
  if (family == kLtx2) {
    request.width = 96, request.height = 64;
    request.max_sequence_length = 128;
  } else if (variant == "t2v") {
    request.width = 112, request.height = 80;
  }
  return request;
}

plan::Job planned(const config::Request& request) {
  config::Settings settings;
  settings.request = request;
  config::Violations violations;
  plan::Surroundings around;
  if (request.image) around.picture = plan::FrameSize{84, 50};
  auto job = plan::plan_job(std::move(settings), plan::read_model(request), around, violations);
  violations.throw_if_any();
  return job;
}

void generate(const plan::Job& job,
              parallel::Team& team,
              at::Device device,
              at::ScalarType type,
              report::Progress& progress) {
  const c10::InferenceMode inference;
  pipeline::Stages stages(device, team, progress);
  pipeline::TensorDump dump(team.is_first() ? job.request().save_tensors : std::nullopt);
  pipeline::Runtime runtime{{job.model, device, type, team}, job.request(), stages, dump};
  const auto model = pipeline::make_video_model(job.model, pipeline::Keep::kNothing);
  model->encode_prompts(runtime, {&job.request()});
  const auto frames = pipeline::generate(runtime, *model, "").frames;
  require(!team.is_first() || frames == *job.request().num_frames, "every frame was written");
}

}  // namespace kinema::test
