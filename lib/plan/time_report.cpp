// Three digits: more would promise more than a model can keep.
#include "plan/time_report.h"

#include <algorithm>

#include "base/log.h"

namespace kinema::plan {
namespace {

// Layouts that are worth a look.
constexpr size_t kShown = 5;

double exchanging(const StepTime& time) {
  return time.ulysses + time.ring + time.tensor + time.gather;
}

std::string seconds(double value) { return predicted_seconds(value); }

OrderedJson time_object(const StepTime& time) {
  return {{"total", time.total()},  {"compute", time.compute}, {"ulysses", time.ulysses},
          {"ring", time.ring},      {"tensor", time.tensor},   {"gather", time.gather},
          {"weights", time.weights}};
}

OrderedJson stream_object(const StreamPlan& stream) {
  return {{"units", stream.units()},
          {"resident_blocks", stream.resident},
          {"slots", stream.shape.slots},
          {"home", stream.home},
          {"host_bytes", stream.host_bytes},
          {"device_bytes", stream.device_bytes()},
          {"compute_seconds", stream.times.compute},
          {"fetch_seconds", stream.times.fetch},
          {"exposed_seconds", stream.exposed_seconds}};
}

std::string row(const Job& job, const RankedLayout& layout) {
  const auto flags = layout_flags(layout.plan);
  return fmt::format("{} {:>9} {:>10} {:>11} {:>8}  {}\n", layout.plan == job.parallel ? '*' : ' ',
                     seconds(layout.time.total()), seconds(layout.time.compute),
                     seconds(exchanging(layout.time)), seconds(layout.time.weights), flags);
}

}  // namespace

std::string predicted_seconds(double value) {
  return value < 1000 ? fmt::format("{:.3g}", value) : fmt::format("{:.0f}", value);
}

std::string step_text(const Job& job) {
  const auto& predicted = job.predicted;
  const auto& step = predicted.step;
  const auto steps = *job.request().num_inference_steps;
  auto text = fmt::format("{} s a step", seconds(step.total()));
  if (steps > 1) {
    text += fmt::format(", {} s for {} steps", seconds(step.total() * static_cast<double>(steps)),
                        steps);
  }
  text += " predicted";
  std::string parts;
  if (exchanging(step) > 0) parts += fmt::format(", {} s exchanging", seconds(exchanging(step)));
  if (step.weights > 0) parts += fmt::format(", {} s waiting for weights", seconds(step.weights));
  if (!parts.empty()) text += fmt::format(": {} s computing{}", seconds(step.compute), parts);
  return text + fmt::format(" ({})", predicted.rates.name);
}

std::string stream_text(const Prediction& predicted) {
  if (!predicted.stream) return {};
  const auto& stream = *predicted.stream;
  auto text = fmt::format("{} units + root", stream.units());
  if (stream.units() > 0) text += fmt::format(" ({} GB each)", gigabytes(stream.shape.block_bytes));
  if (stream.resident > 0) text += fmt::format(", {} blocks stay", stream.resident);
  if (stream.units() == 0) return text;
  text += fmt::format(", {} slots, {} GB a rank, from {}; ", stream.shape.slots,
                      gigabytes(stream.device_bytes()), stream.home);
  if (stream.exposed_seconds == 0) return text + "every fetch hides behind computing";
  return text + fmt::format("{} s a step waiting", seconds(stream.exposed_seconds));
}

std::string layouts_text(const Job& job) {
  const auto& layouts = job.predicted.layouts;
  if (job.parallel.world_size() == 1) return {};
  std::string text = fmt::format("layouts of {} ranks, fastest first\n", job.parallel.denoising());
  text += "   s a step  computing  exchanging  weights\n";
  bool own = false;
  size_t shown = 0;
  for (const auto& layout : layouts) {
    // Shards of what can be whole are no choice of their own.
    if ((layout.plan.hsdp_shard > 0) != (job.parallel.hsdp_shard > 0)) continue;
    text += row(job, layout);
    own = own || layout.plan == job.parallel;
    if (++shown == kShown) break;
  }
  if (!own) text += row(job, {job.parallel, job.predicted.step});
  return text;
}

OrderedJson prediction_json(const Job& job) {
  const auto& predicted = job.predicted;
  OrderedJson json = {{"machine", predicted.rates.name},
                      {"step_seconds", time_object(predicted.step)}};
  if (predicted.stream) json["stream"] = stream_object(*predicted.stream);
  json["layouts"] = OrderedJson::array();
  for (size_t i = 0; i < std::min(kShown, predicted.layouts.size()); ++i) {
    const auto& layout = predicted.layouts[i];
    json["layouts"].push_back(
        {{"flags", layout_flags(layout.plan)}, {"step_seconds", layout.time.total()}});
  }
  return json;
}

}  // namespace kinema::plan
