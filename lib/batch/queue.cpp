// Every leader reads the same lines in the same order; claims part them.
#include "batch/queue.h"

#include <utility>

#include "base/log.h"
#include "config/outputs.h"

namespace kinema::batch {
namespace {

namespace fs = std::filesystem;

// Written after these latents were saved: an output that was renamed into place by a run that ended
// before it could say so.
bool is_newer(const fs::path& output, const fs::path& latents) {
  std::error_code error;
  const auto written = fs::last_write_time(output, error);
  if (error) return false;
  const auto saved = fs::last_write_time(latents, error);
  return !error && written >= saved;
}

bool made_from(const Unit& unit, const fs::path& latents) {
  for (const auto& path : {unit.request.output, unit.request.frames_dir})
    if (path && !is_newer(*path, latents)) return false;
  return true;
}

// "(guidance_scale 6 -> 5, num_frames 9 -> 17)".
std::string differences(const Json& before, const OrderedJson& now) {
  std::string text;
  for (const auto& [key, value] : now.items()) {
    const auto old = before.value(key, Json());
    if (old == Json(value)) continue;
    text += fmt::format("{}{} {} -> {}", text.empty() ? "" : ", ", key, old.dump(), value.dump());
  }
  return text.empty() ? "another model" : text;
}

std::string main_path(const Unit& unit) {
  return (unit.request.output ? *unit.request.output : *unit.request.frames_dir).string();
}

}  // namespace

Standing standing(const Unit& unit, const State& state, Existing existing) {
  const bool latents = fs::exists(state.latents(unit));
  if (existing == Existing::kOverwrite) return Standing::kOpen;
  if (state.finished(unit)) return Standing::kFinished;
  if (latents && outputs_exist(unit) && made_from(unit, state.latents(unit)))
    return Standing::kFinished;
  if (some_output_exists(unit) && !state.may_overwrite(unit) && !latents) {
    const auto* other = state.other_maker(unit);
    const auto why = other == nullptr ? std::string("this batch does not know it")
                                      : "it was made from another job (" +
                                            differences(other->value("settings", Json::object()),
                                                        deciding_settings(unit.request)) +
                                            ")";
    throw Error(ErrorKind::kConfig, unit.id + ": " + main_path(unit) + " exists, and " + why,
                "--overwrite, or another \"output\"");
  }
  return latents ? Standing::kHasLatents : Standing::kOpen;
}

void TakenFiles::take(const Unit& unit) {
  for (const auto& path : {unit.request.output, unit.request.frames_dir}) {
    if (!path) continue;
    const auto [taker, first] = takers_.emplace(fs::weakly_canonical(*path), unit.id);
    if (first) continue;
    throw Error(ErrorKind::kConfig,
                unit.id + " and " + taker->second + " would both write " + path->string(),
                "give them different outputs");
  }
}

std::string Queue::Waiting::name() const {
  return refused ? "refused/" + refused_id : fmt::format("{}/{}", unit.job, unit.output);
}

Queue::Queue(const Order& order, JobFile file, const Resolver& resolver, State& state, Claim claim)
    : order_(order),
      file_(std::move(file)),
      resolver_(resolver),
      state_(state),
      claim_(std::move(claim)) {
  read();
}

bool Queue::may_grow() const {
  if (!file_.may_grow()) return false;
  if (order_.from_input) return !fs::exists(end_mark(order_.file));
  return order_.follow;
}

void Queue::read() {
  // Asked before reading: what comes in between is read the next time.
  const bool grows = may_grow();
  file_.read_more(grows ? LastLine::kMayGrow : LastLine::kIsComplete);
  for (; expanded_ < file_.jobs().size(); ++expanded_) {
    const auto& entry = file_.jobs()[expanded_];
    if (order_.shard.has(entry.index)) expand(entry);
  }
}

void Queue::expand(const Entry& entry) {
  try {
    config::Violations violations;
    const auto job = resolver_.resolve(entry, violations);
    violations.throw_if_any();
    for (auto& unit : units_of(entry.index, entry.id, job, order_.identity)) add(std::move(unit));
  } catch (const Error& error) {
    ++count_.all;
    waiting_.push_back({{}, entry.id, error, Work::kAll});
  }
}

void Queue::add(Unit unit) {
  ++count_.all;
  Waiting waiting;
  waiting.unit = std::move(unit);
  const auto& made = waiting.unit;
  try {
    taken_.take(made);
    const auto stands = standing(made, state_, order_.existing);
    if (stands == Standing::kFinished) {
      ++count_.skipped;
      // A run may have ended between two of its last acts.
      if (!state_.finished(made) && claim_(waiting.name())) state_.add_finished(made, {});
      state_.forget_latents(made);
      return;
    }
    if (order_.existing == Existing::kOverwrite && some_output_exists(made) &&
        claim_("overwrite/" + waiting.name()))
      state_.add_overwritable(made);
    if (stands == Standing::kHasLatents) waiting.work = Work::kDecode;
  } catch (const Error& error) {
    waiting.refused_id = made.id;
    waiting.refused = error;
  }
  waiting_.push_back(std::move(waiting));
}

Turn Queue::next() {
  for (;;) {
    const bool grows = may_grow();
    if (waiting_.empty()) read();
    if (waiting_.empty()) return {grows ? Turn::Kind::kWait : Turn::Kind::kEnd, {}, {}, {}, {}};
    auto first = std::move(waiting_.front());
    waiting_.pop_front();
    ++count_.begun;
    const auto& excluded = order_.excluded;
    if (excluded.contains(first.refused ? first.refused_id : first.unit.hash)) continue;
    if (!claim_(first.name())) continue;
    if (first.refused) return {Turn::Kind::kRefused, {}, {}, first.refused_id, first.refused};
    return {Turn::Kind::kMake, std::move(first.unit), first.work, {}, {}};
  }
}

std::vector<Unit> Queue::ahead(size_t most) const {
  std::vector<Unit> units;
  for (const auto& one : waiting_) {
    if (units.size() == most) break;
    if (!one.refused && one.work == Work::kAll) units.push_back(one.unit);
  }
  return units;
}

}  // namespace kinema::batch
