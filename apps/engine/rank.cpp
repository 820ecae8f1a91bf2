// One output after the other; what a process needs once is set up before the first.
#include "rank.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>

#include "base/error.h"
#include "config/outputs.h"
#include "config/request_json.h"
#include "pipeline/generate.h"
#include "report/progress.h"
#include "report/run_report.h"
#include "report/version.h"
#include "results.h"

namespace kinema::engine {
namespace {

// "encode_text" as it is said.
std::string words(std::string stage) {
  std::replace(stage.begin(), stage.end(), '_', ' ');
  return stage;
}

// Shows progress on the first rank and tells the watch of every process where it is.
class RankProgress : public report::Progress {
 public:
  RankProgress(std::unique_ptr<report::Progress> shown, RankWatch& watch)
      : shown_(std::move(shown)), watch_(watch) {}

  void stage_began(const std::string& stage, int64_t steps) override {
    if (shown_) shown_->stage_began(stage, steps);
    stage_ = words(stage);
    watch_.enter(steps > 0 ? stage_ + " step 1" : stage_);
  }
  void step_ended(int64_t done, int64_t steps) override {
    if (shown_) shown_->step_ended(done, steps);
    if (done < steps) watch_.enter(stage_ + " step " + std::to_string(done + 1));
  }
  void stage_ended(const report::StageEnd& end) override {
    if (shown_) shown_->stage_ended(end);
  }

 private:
  std::unique_ptr<report::Progress> shown_;
  RankWatch& watch_;
  std::string stage_;
};

at::ScalarType dtype_of(const config::Request& request) {
  return *request.dtype == config::Dtype::kFloat32 ? at::kFloat : at::kBFloat16;
}

// All outputs of one request, by one process.
class Outputs {
 public:
  Outputs(const plan::ModelFacts& model,
          at::Device device,
          parallel::Team& team,
          const Json& planned,
          RankWatch& watch,
          std::vector<config::Request> requests)
      : facts_(model),
        device_(device),
        team_(team),
        planned_(planned),
        watch_(watch),
        requests_(std::move(requests)),
        model_(pipeline::make_video_model(
            model, requests_.size() > 1 ? pipeline::Keep::kNetworks : pipeline::Keep::kNothing)) {}

  void make() {
    for (const auto& request : requests_) make_one(request);
  }

 private:
  void make_one(const config::Request& request) {
    std::unique_ptr<report::Progress> shown;
    if (team_.is_first()) {
      const auto job = request.output ? request.output->stem().string() : std::string("video");
      shown =
          report::make_progress(request.progress, job, report::ProgressTarget::standard_error());
    }
    RankProgress progress(std::move(shown), watch_);
    pipeline::Stages stages(device_, team_, progress);
    pipeline::TensorDump dump(team_.is_first() ? request.save_tensors : std::nullopt);
    pipeline::Runtime runtime{{facts_, device_, dtype_of(request), team_}, request, stages, dump};
    model_->encode_prompts(runtime, all());
    const auto comment = request.metadata ? job_comment(request) : "";
    const auto result = pipeline::generate(runtime, *model_, comment);
    report_results(request, planned_, team_, stages.measures(), result.frames);
  }

  std::vector<const config::Request*> all() const {
    std::vector<const config::Request*> pointers;
    for (const auto& request : requests_) pointers.push_back(&request);
    return pointers;
  }

  const plan::ModelFacts& facts_;
  at::Device device_;
  parallel::Team& team_;
  const Json& planned_;
  RankWatch& watch_;
  std::vector<config::Request> requests_;
  std::unique_ptr<pipeline::VideoModel> model_;
};

}  // namespace

void run_rank(const config::Request& request,
              const plan::ModelFacts& model,
              parallel::Team& team,
              at::Device device,
              const Json& planned,
              RankWatch& watch) {
  at::set_num_threads(static_cast<int>(*request.threads));
  const c10::InferenceMode inference;
  std::optional<c10::DeviceGuard> current;
  if (!device.is_cpu()) current.emplace(device);
  Outputs(model, device, team, planned, watch, config::single_requests(request)).make();
}

}  // namespace kinema::engine
