// The stages in order, whatever the family.
#include "pipeline/generate.h"

#include <memory>

#include "pipeline/frame_output.h"
#include "tensor/device.h"

namespace kinema::pipeline {
namespace {

// Opened before any work, so that a folder that cannot be written to is found at once.
std::unique_ptr<FrameOutput> opened_output(const Runtime& runtime,
                                           const VideoModel& model,
                                           const std::string& comment) {
  if (!runtime.team.is_first()) return nullptr;
  return std::make_unique<FrameOutput>(runtime, comment, model.sound(runtime), planes_of(runtime));
}

JobResult decode_into(Runtime& runtime,
                      VideoModel& model,
                      const Latents& latents,
                      FrameOutput* output) {
  tensor::release_unused_memory(runtime.device);
  model.decode(runtime, latents, output);
  runtime.stages.begin("write");
  if (output != nullptr) {
    output->commit();
    runtime.dump.write();
  }
  runtime.stages.end();
  return {output != nullptr ? output->frames() : 0};
}

}  // namespace

JobResult generate(Runtime& runtime,
                   VideoModel& model,
                   const std::string& comment,
                   const std::optional<std::filesystem::path>& keep) {
  const auto output = opened_output(runtime, model, comment);
  if (runtime.preview != nullptr) runtime.preview->decode_with(model.picture_decoder(runtime));
  const auto latents = model.denoise(runtime);
  if (runtime.preview != nullptr) runtime.preview->decode_with({});
  // Before decoding, so that a decode that fails loses nothing.
  for (const auto& path : {runtime.request.save_latents, keep})
    if (path && runtime.team.is_first()) write_latents(*path, latents, comment);
  return decode_into(runtime, model, latents, output.get());
}

JobResult decode(Runtime& runtime,
                 VideoModel& model,
                 const Latents& latents,
                 const std::string& comment) {
  const auto output = opened_output(runtime, model, comment);
  return decode_into(runtime, model, latents, output.get());
}

}  // namespace kinema::pipeline
