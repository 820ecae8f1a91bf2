// The screens of `kinema plan`.
#include "plan/plan_report.h"

#include <algorithm>

#include "base/log.h"
#include "config/options.h"
#include "config/outputs.h"
#include "config/request_json.h"
#include "plan/job_cost.h"
#include "plan/residency_choices.h"
#include "plan/time_report.h"

namespace kinema::plan {
namespace {

using config::Request;
using config::Value;

// "48 360": digits in threes.
std::string grouped(int64_t value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<int64_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), " ");
  return text;
}

std::string words(std::string stage) {
  std::replace(stage.begin(), stage.end(), '_', ' ');
  return stage;
}

std::string where(const Job& job) {
  const auto& request = job.request();
  if (request.device.kind == config::Device::Kind::kCuda)
    return "on " + Value<config::Device>::text(request.device);
  return fmt::format("on the CPU, {} thread{}", *request.threads, *request.threads == 1 ? "" : "s");
}

std::string seeds(const Request& request) {
  const int64_t count = request.num_outputs_per_prompt;
  if (count == 1) return fmt::format("seed {}", *request.seed);
  return fmt::format("seeds {} to {}", *request.seed,
                     *request.seed + static_cast<uint64_t>(count - 1));
}

std::string job_line(const Job& job) {
  const auto& request = job.request();
  const auto& latent = job.latent;
  return fmt::format("{}x{}, {} frames at {} fps ({:.2f} s) -> latent {}x{}x{}, {} tokens",
                     job.video.width, job.video.height, job.video.frames,
                     Value<config::Rational>::text(*request.fps),
                     static_cast<double>(job.video.frames) / request.fps->value(), latent.frames,
                     latent.height, latent.width, grouped(job.tokens));
}

std::string sampling_line(const Job& job) {
  const auto& request = job.request();
  return fmt::format("{} step{}, {}, {}", *request.num_inference_steps,
                     *request.num_inference_steps == 1 ? "" : "s",
                     job.model.rules().sampling_text(job), seeds(request));
}

std::string decode_line(const Job& job) {
  const auto& request = job.request();
  if (request.vae_tiling != config::VaeTiling::kOn) return "whole frames";
  return fmt::format("tiles of {} every {} pixels", *request.vae_tile_size,
                     *request.vae_tile_stride);
}

// The files of the first output, and how many more there are.
std::string outputs_line(const Job& job) {
  const auto outputs = config::output_files(job.request());
  std::string text;
  for (const auto& [flag, path] : outputs.front().all())
    text += (text.empty() ? "" : ", ") + path.string();
  if (outputs.size() == 1) return text;
  return text + fmt::format(", and so on for {} outputs", outputs.size());
}

// What is loaded before its stage, and how much that adds to the stages it waits in.
std::string ahead_line(const Job& job) {
  const auto chosen = job.request().load_ahead;
  if (chosen != config::LoadAhead::kTransformer && chosen != config::LoadAhead::kVae &&
      chosen != config::LoadAhead::kAll)
    return "";
  std::string text;
  for (const auto& stage : job.memory.stages) {
    if (stage.ahead == 0) continue;
    text += fmt::format("{}{} GB more in {}", text.empty() ? ": " : ", ", gigabytes(stage.ahead),
                        words(stage.stage));
  }
  const char* what = chosen == config::LoadAhead::kAll           ? "transformer and VAE"
                     : chosen == config::LoadAhead::kTransformer ? "the transformer"
                                                                 : "the VAE";
  return what + text;
}

std::string stage_table(const Job& job) {
  std::string text =
      "stage          weights GB  activations GB    peak GB   reads GB   s cold   s warm\n";
  for (const auto& stage : job.memory.stages) {
    const auto load = load_time(job, stage);
    text += fmt::format("{:<14} {:>10}  {:>14} {:>10} {:>10} {:>8.2f} {:>8.2f}\n",
                        words(stage.stage), gigabytes(stage.weights), gigabytes(stage.activations),
                        gigabytes(stage.peak()), gigabytes(stage.read), load.cold, load.warm);
  }
  return text;
}

std::string verdict(const Job& job) {
  const auto& largest = job.memory.largest();
  std::string text =
      fmt::format("ok: largest peak {} GB ({})", gigabytes(largest.peak()), words(largest.stage));
  if (largest.mapped > 0)
    text += fmt::format(", of which {} GB lie in the files' map", gigabytes(largest.mapped));
  if (largest.program > 0)
    text += fmt::format(", {} GB are the program itself", gigabytes(largest.program));
  if (job.memory_limit > 0) text += fmt::format("; {} GB may be used", gigabytes(job.memory_limit));
  return text + "\n";
}

OrderedJson plan_object(const ParallelPlan& plan) {
  return {{"ranks", plan.world_size()},
          {"cfg", plan.cfg},
          {"ulysses", plan.ulysses},
          {"ring", plan.ring},
          {"tensor", plan.tensor},
          {"data", plan.data},
          {"vae_patch", plan.vae_patch},
          {"hsdp_shard", plan.hsdp_shard},
          {"hsdp_replicate", plan.hsdp_replicate}};
}

OrderedJson stages_object(const Job& job) {
  OrderedJson stages = OrderedJson::object();
  for (const auto& stage : job.memory.stages) {
    const auto load = load_time(job, stage);
    stages[stage.stage] = {{"program_bytes", stage.program},
                           {"weights_bytes", stage.weights},
                           {"mapped_bytes", stage.mapped},
                           {"ahead_bytes", stage.ahead},
                           {"activations_bytes", stage.activations},
                           {"peak_bytes", stage.peak()},
                           {"read_bytes", stage.read},
                           {"load_seconds", {{"cold", load.cold}, {"warm", load.warm}}}};
  }
  return stages;
}

// Settings that nobody gave.
OrderedJson chosen_array(const Job& job) {
  OrderedJson chosen = OrderedJson::array();
  for (const auto& [key, source] : job.settings.sources) {
    const auto given = job.given.find(key);
    if (given == job.given.end() || given->second != source) chosen.push_back(key);
  }
  return chosen;
}

OrderedJson outputs_array(const Job& job) {
  OrderedJson outputs = OrderedJson::array();
  for (const auto& output : config::output_files(job.request())) {
    OrderedJson one = {{"seed", output.seed}};
    for (const auto& [flag, path] : output.all()) one[flag.substr(2)] = path.string();
    outputs.push_back(one);
  }
  return outputs;
}

}  // namespace

std::string plan_report(const Job& job) {
  const auto dtype = Value<config::Dtype>::text(*job.request().dtype);
  std::string text;
  text +=
      fmt::format("plan    {} {}; computes in {}\n", plan_text(job.parallel), where(job), dtype);
  text += fmt::format("model   {} {} ({})\n", job.model.title, job.model.variant,
                      job.model.index.folder.string());
  for (const auto& lora : job.model.loras) text += fmt::format("lora    {}\n", lora_text(lora));
  text += fmt::format("job     {}\n        {}\n", job_line(job), sampling_line(job));
  text += fmt::format("time    {}\n", step_text(job));
  if (const auto stream = stream_text(job.predicted); !stream.empty())
    text += fmt::format("stream  {}\n", stream);
  if (const auto ahead = ahead_line(job); !ahead.empty())
    text += fmt::format("ahead   {}\n", ahead);
  text += fmt::format("decode  {}\n", decode_line(job));
  text += fmt::format("write   {}\n\n", outputs_line(job));
  return text + stage_table(job) + "\n" + verdict(job);
}

std::string explanation(const Job& job, const Surroundings& around) {
  std::string text = layouts_text(job);
  if (!text.empty()) text += "\n";
  text += choices_text(job, around) + "\n";
  text += fmt::format("{:<25} {:<24} {}\n", "setting", "value", "from");
  for (const auto& one : config::options()) {
    const auto value = one.field.json(job.request());
    const auto shown = value.is_null()     ? "-"
                       : value == ""       ? "\"\""
                       : value.is_string() ? value.get<std::string>()
                                           : value.dump();
    // Long values push their source to the right.
    text += fmt::format("{:<25} {:<24} {}\n", one.key, shown,
                        value.is_null() ? "not given" : job.settings.source(one.key));
  }
  return text;
}

OrderedJson plan_json(const Job& job) {
  OrderedJson json;
  json["model"] = {{"name", job.model.title},
                   {"variant", job.model.variant},
                   {"pipeline", job.model.index.pipeline},
                   {"path", job.model.index.folder.string()}};
  for (const auto& lora : job.model.loras) json["loras"].push_back(lora_json(lora));
  json["job"] = config::request_to_json(job.request());
  json["sources"] = job.settings.sources;
  json["chosen"] = chosen_array(job);
  json["latent"] = {job.latent.frames, job.latent.height, job.latent.width};
  json["tokens"] = job.tokens;
  json["plan"] = plan_object(job.parallel);
  json["plan"]["machine_ranks"] = job.predicted.rates.together(job.parallel.world_size());
  json["predicted"] = prediction_json(job);
  json["stages"] = stages_object(job);
  json["memory_limit_bytes"] =
      job.memory_limit == 0 ? OrderedJson() : OrderedJson(job.memory_limit);
  json["outputs"] = outputs_array(job);
  json["notes"] = job.notes;
  return json;
}

}  // namespace kinema::plan
