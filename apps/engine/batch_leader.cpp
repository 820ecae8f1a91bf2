// Every leader reads the job file for itself; what one takes, the others leave.
#include "batch_leader.h"

#include <filesystem>
#include <iostream>
#include <thread>
#include <utility>

#include "base/interrupt.h"
#include "base/log.h"
#include "config/outputs.h"
#include "config/request_json.h"
#include "results.h"

namespace kinema::engine {
namespace {

namespace fs = std::filesystem;

// Jobs whose prompts are encoded together: an embedding takes megabytes of host memory.
constexpr size_t kPromptsAhead = 256;
constexpr std::chrono::milliseconds kPause{300};

void make_folders(const batch::Unit& unit) {
  for (const auto& [flag, path] : config::output_files(unit.request).front().all()) {
    if (!path.has_parent_path()) continue;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error)
      throw Error(ErrorKind::kIo,
                  path.string() + ": its folder cannot be made: " + error.message());
  }
}

// What a killed run has left beside the unit's files.
void remove_parts(const batch::Unit& unit) {
  for (const auto& path : {unit.request.output, unit.request.frames_dir}) {
    if (!path) continue;
    const auto folder = path->has_parent_path() ? path->parent_path() : fs::path(".");
    const auto begin = "." + path->filename().string() + ".";
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      const auto name = entry.path().filename().string();
      if (name.starts_with(begin) && name.ends_with(".part")) fs::remove_all(entry.path(), ignored);
    }
  }
}

OrderedJson measured(const report::RunReport& run, double seconds) {
  return {{"frames", run.frames},
          {"seconds", seconds},
          {"stages", report::result_json(run)["seconds"]}};
}

}  // namespace

config::ProgressStyle batch_style(const config::Request& request, int64_t replicas) {
  using config::ProgressStyle;
  const bool bar =
      request.progress == ProgressStyle::kAuto || request.progress == ProgressStyle::kBar;
  return bar && replicas > 1 ? ProgressStyle::kPlain : request.progress;
}

BatchLeader::BatchLeader(const batch::Order& order,
                         const Duty& duty,
                         ShareBoard& shared,
                         int64_t replicas)
    : order_(order),
      shared_(shared),
      replicas_(replicas),
      state_(order.state, order.shard),
      progress_(batch_style(duty.request, replicas), report::ProgressTarget::standard_error()) {
  config::Violations violations;
  auto base = batch::base_settings(order.config, order.environment, violations);
  batch::JobFile file(order.file, violations,
                      order.from_input ? batch::Origin::kInput : batch::Origin::kFile);
  resolver_ = std::make_unique<batch::Resolver>(
      batch::Behind{std::move(base), order.flags, duty.model, order.around}, file.header());
  violations.throw_if_any();
  state_.prepare();
  queue_ =
      std::make_unique<batch::Queue>(order, std::move(file), *resolver_, state_,
                                     [&shared](const auto& name) { return shared.claim(name); });
}

Json BatchLeader::prompts_for(const batch::Turn& turn) {
  Json prompts = Json::array();
  if (turn.work == batch::Work::kDecode || encoded_.contains(turn.unit.hash)) return prompts;
  auto units = queue_->ahead(kPromptsAhead - 1);
  units.insert(units.begin(), turn.unit);
  encoded_.clear();
  for (const auto& unit : units) {
    encoded_.insert(unit.hash);
    prompts.push_back(Json(config::request_to_json(unit.request)));
  }
  return prompts;
}

Json BatchLeader::make_turn(const batch::Turn& turn) {
  const auto& count = queue_->count();
  make_folders(turn.unit);
  remove_parts(turn.unit);
  if (order_.existing == batch::Existing::kOverwrite) state_.forget_latents(turn.unit);
  progress_.began(turn.unit.id, {count.all - count.skipped, count.begun, failed_, replicas_});
  began_ = std::chrono::steady_clock::now();
  return {{"turn", "make"},
          {"unit", batch::unit_json(turn.unit)},
          {"decode", turn.work == batch::Work::kDecode},
          {"latents", state_.latents(turn.unit).string()},
          {"partial", state_.partial(turn.unit).string()},
          {"prompts", prompts_for(turn)}};
}

Json BatchLeader::turn() {
  for (;;) {
    if (interrupt_signal() != 0) return {{"turn", "interrupted"}};
    if (shared_.stopped()) return {{"turn", "end"}};
    auto turn = queue_->next();
    switch (turn.kind) {
      case batch::Turn::Kind::kEnd:
        return {{"turn", "end"}};
      case batch::Turn::Kind::kWait:
        std::this_thread::sleep_for(kPause);
        return {{"turn", "wait"}};
      case batch::Turn::Kind::kRefused:
        refuse(turn.id, "", *turn.error);
        break;
      case batch::Turn::Kind::kMake:
        try {
          return make_turn(turn);
        } catch (const Error& error) {
          failed(turn.unit, error);
        }
    }
  }
}

double BatchLeader::seconds_since_began() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

void BatchLeader::finished(const batch::Unit& unit, const report::RunReport& run) {
  auto own = run;
  own.seconds = seconds_since_began();
  state_.add_finished(unit, measured(own, own.seconds));
  progress_.ended(unit.id, own.seconds);
  // The others need not suffer from it.
  try {
    print_result(unit.request, own, {{"job", unit.id}, {"hash", unit.hash}});
  } catch (const Error& error) {
    failed(unit, error);
  }
}

void BatchLeader::refuse(const std::string& id, const std::string& hash, const Error& error) {
  ++failed_;
  std::cerr << formatted(error) << std::flush;
  progress_.failed(id, error.what());
  state_.add_failed(id, hash, error);
  if (order_.fail_fast) shared_.stop();
}

void BatchLeader::failed(const batch::Unit& unit, const Error& error) {
  refuse(unit.id, unit.hash, Error(error.kind(), unit.id + ": " + error.what(), error.hint()));
}

}  // namespace kinema::engine
