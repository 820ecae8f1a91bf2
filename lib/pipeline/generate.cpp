// The stages in order; what each hands to the next is a few small tensors.
#include "pipeline/generate.h"

#include <map>
#include <memory>
#include <vector>

#include "pipeline/frame_output.h"
#include "pipeline/hunyuan15_denoise.h"
#include "pipeline/hunyuan15_picture.h"
#include "pipeline/hunyuan15_text.h"
#include "pipeline/hunyuan15_vae.h"
#include "tensor/device.h"

namespace kinema::pipeline {
namespace {

std::vector<hunyuan15::Condition> encode_conditions(Runtime& runtime) {
  std::vector<std::string> prompts = {*runtime.request.prompt};
  if (guidance_of(runtime).ever_enabled()) {
    prompts.push_back(runtime.request.negative_prompt.value_or(""));
  }
  runtime.stages.begin("encode_text");
  auto conditions = encode_prompts(runtime, prompts);
  const char* names[] = {"prompt_embeds", "negative_prompt_embeds"};
  for (size_t i = 0; i < conditions.size(); ++i) {
    runtime.dump.add(names[i], conditions[i].text);
    runtime.dump.add(std::string(names[i]) + "_2", conditions[i].glyph);
  }
  return conditions;
}

// The picture's part of every branch's condition.
FirstFrame add_picture(Runtime& runtime, std::vector<hunyuan15::Condition>& conditions) {
  if (!runtime.request.image) return {};
  runtime.stages.begin("encode_image");
  auto picture = encode_image(runtime);
  for (auto& condition : conditions) condition.image = picture.embeds;
  return {picture.latents};
}

// Before decoding, so that a decode that fails loses nothing.
void save_latents(const Runtime& runtime, const at::Tensor& latents, const std::string& comment) {
  if (!runtime.request.save_latents || !runtime.team.is_first()) return;
  std::map<std::string, std::string> metadata;
  if (!comment.empty()) metadata["job"] = comment;
  write_tensors(*runtime.request.save_latents, {{"latents", latents.to(at::kCPU).contiguous()}},
                metadata);
}

}  // namespace

JobResult generate(Runtime& runtime, const std::string& comment) {
  std::unique_ptr<FrameOutput> output;
  if (runtime.team.is_first()) output = std::make_unique<FrameOutput>(runtime, comment);

  auto conditions = encode_conditions(runtime);
  const auto first_frame = add_picture(runtime, conditions);
  auto latents = denoise(runtime, conditions, first_frame);
  save_latents(runtime, latents, comment);
  tensor::release_unused_memory(runtime.device);
  decode_video(runtime, latents, output.get());

  runtime.stages.begin("write");
  if (output) {
    output->commit();
    runtime.dump.write();
  }
  runtime.stages.end();
  return {output ? output->frames() : 0};
}

}  // namespace kinema::pipeline
