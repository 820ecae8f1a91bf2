// What is measured of an output begins and ends here.
#include "session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "pipeline/generate.h"
#include "pipeline/load_ahead.h"
#include "pipeline/read_ahead.h"
#include "plan/geometry.h"
#include "rank_progress.h"
#include "results.h"
#include "tensor/device.h"

namespace kinema::engine {
namespace {

at::ScalarType dtype_of(const config::Request& request) {
  return *request.dtype == config::Dtype::kFloat32 ? at::kFloat : at::kBFloat16;
}

// Processes that share this machine's memory.
int64_t machine_ranks(const Json& planned) {
  return planned.at("plan").value("machine_ranks", int64_t{1});
}

// What the plan gives streamed blocks, where it streams them.
std::optional<uint64_t> planned_host_bytes(const Json& planned) {
  const auto stream = planned.at("predicted").find("stream");
  if (stream == planned.at("predicted").end()) return std::nullopt;
  return stream->at("host_bytes").get<uint64_t>();
}

// While a job is at work, its operations are timed; with --trace they go into the trace.
class Listening {
 public:
  Listening(RankWatch& watch, pipeline::Stages& stages, const config::Request& request)
      : watch_(watch) {
    if (request.trace) stages.trace();
    watch_.listen(
        [&stages](const comm::Communicator& group, const comm::Operation& operation,
                  comm::Moment moment) { stages.communicates(group.group(), operation, moment); });
  }
  ~Listening() { watch_.listen({}); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  RankWatch& watch_;
};

std::unique_ptr<report::Progress> shown_progress(const parallel::Team& team,
                                                 const Assignment& assignment) {
  if (!team.is_first()) return nullptr;
  return report::make_progress(assignment.request.progress, assignment.label,
                               report::ProgressTarget::standard_error());
}

// Latents of the job's shape.
pipeline::Latents stored_latents(const std::filesystem::path& file,
                                 const config::Request& request,
                                 const plan::ModelFacts& model) {
  auto latents = pipeline::read_latents(file);
  const auto shape =
      plan::latent_shape({*request.width, *request.height, *request.num_frames}, model.shape);
  const auto sizes = latents.video.sizes();
  const bool fits = sizes.size() == 5 && sizes[2] == shape.frames && sizes[3] == shape.height &&
                    sizes[4] == shape.width;
  if (fits) return latents;
  std::string found;
  for (const auto size : sizes) found += (found.empty() ? "" : ", ") + std::to_string(size);
  throw Error(
      ErrorKind::kConfig,
      fmt::format("{}: its latents are [{}], but {}x{} with {} frames has [1, C, {}, {}, {}]",
                  file.string(), found, *request.width, *request.height, *request.num_frames,
                  shape.frames, shape.height, shape.width),
      "the size and number of frames that it was made with");
}

}  // namespace

pipeline::Keep keep_between_outputs(const Json& planned, at::Device device) {
  if (planned.at("job").value("offload", "") == "model") return pipeline::Keep::kNothing;
  uint64_t weights = 0, activations = 0, program = 0;
  for (const auto& stage : planned.at("stages")) {
    weights += stage.at("weights_bytes").get<uint64_t>();
    weights -= stage.value("ahead_bytes", uint64_t{0});
    if (device.is_cpu()) weights -= stage.at("mapped_bytes").get<uint64_t>();
    activations = std::max(activations, stage.at("activations_bytes").get<uint64_t>());
    program = std::max(program, stage.at("program_bytes").get<uint64_t>());
  }
  const auto& limit = planned.at("memory_limit_bytes");
  const uint64_t memory = limit.is_null() ? tensor::device_memory(device) : limit.get<uint64_t>();
  const bool fits = memory == 0 || weights + activations + program <= memory;
  log_verbose(fits ? "networks stay loaded between outputs"
                   : "networks are loaded for each output: together they would not fit");
  return fits ? pipeline::Keep::kNetworks : pipeline::Keep::kNothing;
}

Session::Session(const plan::ModelFacts& model,
                 at::Device device,
                 parallel::Team& team,
                 RankWatch& watch,
                 pipeline::Keep keep)
    : facts_(model),
      device_(device),
      team_(team),
      watch_(watch),
      model_(pipeline::make_video_model(model, keep)) {}

// One bad prompt must not stop the others'.
void Session::encode(pipeline::Runtime& runtime, const Assignment& assignment) {
  try {
    model_->encode_prompts(runtime, assignment.prompts);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInterrupted || assignment.prompts.size() == 1) throw;
    model_->encode_prompts(runtime, {&assignment.request});
  }
}

std::optional<report::RunReport> Session::make(const Assignment& assignment) {
  const auto& request = assignment.request;
  RankProgress progress(shown_progress(team_, assignment), watch_);
  pipeline::Stages stages(device_, team_, progress);
  const Listening listening(watch_, stages, request);
  pipeline::TensorDump dump(team_.is_first() ? request.save_tensors : std::nullopt);
  pipeline::Runtime runtime{
      {facts_, device_, dtype_of(request), team_, machine_ranks(assignment.planned),
       planned_host_bytes(assignment.planned)},
      request,
      stages,
      dump,
      assignment.partial};
  pipeline::LoadAhead ahead_of_stages;
  runtime.ahead = &ahead_of_stages;
  std::optional<pipeline::StepPreview> preview;
  if (assignment.preview && team_.is_first())
    runtime.preview = &preview.emplace(*assignment.preview);
  const auto work = assignment.latents ? pipeline::Work::kDecode : pipeline::Work::kGenerate;
  // Between outputs networks stay, or the cache still has them.
  const auto ahead =
      std::exchange(fresh_, false) ? pipeline::read_ahead(runtime, *model_, work) : nullptr;
  const auto comment = request.metadata ? job_comment(request) : "";
  pipeline::JobResult result;
  if (assignment.latents) {
    const auto latents = stored_latents(*assignment.latents, request, facts_);
    result = pipeline::decode(runtime, *model_, latents, comment);
  } else {
    model_->load_ahead(runtime);
    if (!assignment.prompts.empty()) encode(runtime, assignment);
    result = pipeline::generate(runtime, *model_, comment, assignment.keep);
  }
  if (ahead) stages.read_ahead(ahead->measures());
  return collected_results(request, assignment.planned, team_, stages.measures(), result.frames);
}

}  // namespace kinema::engine
