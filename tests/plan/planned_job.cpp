// Nothing but calls of the planner.
#include "plan/planned_job.h"

#include <utility>

namespace kinema::test {

using namespace kinema::plan;
using config::Request;

std::filesystem::path hunyuan15_data() {
  return std::filesystem::path(KINEMA_TEST_DATA) / "hunyuan15";
}

Surroundings around() {
  Surroundings made;
  made.cores = 2;
  made.host_memory = 8'000'000'000;
  made.random_seed = 1234;
  return made;
}

Planned planned(const Request& request, const std::string& variant, Surroundings surroundings) {
  config::Settings settings;
  settings.request = request;
  settings.request.model = hunyuan15_data() / variant / "model";
  config::Violations violations;
  auto model = read_model(settings.request);
  auto job = plan_job(std::move(settings), std::move(model), surroundings, violations);
  std::string text;
  for (const auto& one : violations.all())
    text += one.what + (one.hint.empty() ? "" : " | " + one.hint) + "\n";
  return {std::move(job), text};
}

Request tiny() {
  Request request;
  request.prompt = "a fox";
  request.width = 112;
  request.height = 80;
  request.num_frames = 9;
  request.seed = 7;
  request.output = "/tmp/kinema-job-test.mp4";
  return request;
}

}  // namespace kinema::test
