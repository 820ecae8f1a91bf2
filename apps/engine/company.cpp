// One thread does all that may have to wait for the store.
#include "company.h"

#include "base/error.h"

namespace kinema::engine {
namespace {

using namespace std::chrono_literals;

// What the thread looks for in the store and at its neighbours is noticed after so long.
constexpr auto kPeriod = 40ms;
constexpr auto kBeatPeriod = 500ms;
// How long a process that fails tries to ask whether it is the first.
constexpr auto kLastWordTimeout = 5s;
// A peer's loss is only worth telling when nobody has told more; whoever watches the cause may need
// a moment on a busy machine.
constexpr auto kMomentForTheCause = 800ms;
// How long rank 0 serves those who do not say that they are gone.
constexpr auto kLongestLeave = 1500ms;

constexpr const char* kFailure = "failure";
constexpr const char* kBeats = "beats";

std::string watcher(int rank) { return "watcher/" + std::to_string(rank); }
std::string left(int rank) { return "left/" + std::to_string(rank); }

}  // namespace

Company::Company(const launch::Placement& place, std::chrono::milliseconds timeout, pid_t computing)
    : place_(place), timeout_(timeout), computing_(computing), thread_([this] { run(); }) {}

Company::~Company() {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

launch::Others Company::look(uint64_t own_beats) {
  const std::lock_guard lock(mutex_);
  own_beats_ = std::max(own_beats_, own_beats);
  return {over_ || lost_.has_value(), others_beats_};
}

std::optional<LostRank> Company::lost() {
  const std::lock_guard lock(mutex_);
  return lost_;
}

void Company::wait_for_cause() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kMomentForTheCause, [this] { return over_ || lost_; });
}

bool Company::first_to_fail() {
  std::unique_lock lock(mutex_);
  asked_ = true;
  changed_.notify_all();
  changed_.wait_for(lock, kLastWordTimeout, [this] { return over_ || first_; });
  return !over_ && first_.value_or(true);
}

void Company::run() {
  try {
    if (!meet()) return;
    comm::Rendezvous store({place_.host, place_.port, place_.attempt}, place_.rank, place_.size,
                           timeout_);
    store.set(watcher(place_.rank), own_identity(computing_));
    keep_company(store);
    take_leave(store);
  } catch (const Error&) {
    without_store();
  }
}

// False if this process leaves before there is anybody.
bool Company::meet() {
  while (!comm::answers({place_.host, place_.port}))
    if (pause(kPeriod)) return false;
  return true;
}

void Company::keep_company(comm::Rendezvous& store) {
  do {
    answer(store);
    share_beats(store);
    look_at_neighbours(store);
  } while (!pause(kPeriod) && goes_on());
  answer(store);  // what was asked last
}

void Company::answer(comm::Rendezvous& store) {
  const auto mine = std::to_string(place_.rank);
  bool asked = false;
  {
    const std::lock_guard lock(mutex_);
    asked = asked_ && !first_;
  }
  const auto said = asked ? store.first(kFailure, mine) : store.peek(kFailure).value_or("");
  const std::lock_guard lock(mutex_);
  if (asked) first_ = said == mine;
  if (!said.empty() && said != mine) over_ = true;
  changed_.notify_all();
}

void Company::share_beats(comm::Rendezvous& store) {
  if (Clock::now() - beats_since_ < kBeatPeriod) return;
  beats_since_ = Clock::now();
  uint64_t own = 0;
  {
    const std::lock_guard lock(mutex_);
    own = own_beats_;
  }
  const auto all = store.add(kBeats, static_cast<int64_t>(own - shared_beats_));
  shared_beats_ = own;
  const std::lock_guard lock(mutex_);
  others_beats_ = static_cast<uint64_t>(all) - own;
}

void Company::look_at_neighbours(comm::Rendezvous& store) {
  for (int rank = 0; rank < place_.size; ++rank) {
    if (rank == place_.rank || known_.contains(rank)) continue;
    const auto identity = store.peek(watcher(rank));
    if (!identity) continue;
    known_.insert(rank);
    if (auto neighbour = Neighbour::from_identity(*identity))
      neighbours_.emplace(rank, std::move(*neighbour));
  }
  for (const auto& [rank, neighbour] : neighbours_) {
    if (gone_.contains(rank) || !neighbour.has_ended()) continue;
    gone_.insert(rank);
    if (store.peek(left(rank))) continue;
    const auto mine = std::to_string(place_.rank);
    if (store.first(kFailure, mine) == mine) {
      tell_of(rank);
    } else {
      end_here();
    }
  }
}

void Company::take_leave(comm::Rendezvous& store) {
  store.set(left(place_.rank), "1");
  while (!pause(kPeriod)) continue;
  if (place_.rank > 0 || place_.store_is_served) return;
  const auto end = Clock::now() + kLongestLeave;
  for (int rank = 1; rank < place_.size; ++rank) {
    while (Clock::now() < end && !gone_.contains(rank) && !store.peek(left(rank)))
      std::this_thread::sleep_for(kPeriod / 4);
  }
}

// Rank 0 serves the store until everybody has what they need from it: it has been ended. The
// agreement on who tells of that cannot be looked up any more.
void Company::without_store() {
  int teller = place_.store_is_served ? 0 : 1;
  while (gone_.contains(teller)) ++teller;
  if (place_.rank != teller) return end_here();
  if (!place_.store_is_served) tell_of(0);
}

void Company::tell_of(int rank) {
  const auto neighbour = neighbours_.find(rank);
  const std::lock_guard lock(mutex_);
  if (leaving_) return;
  lost_ = LostRank{rank, {}};
  if (neighbour != neighbours_.end()) lost_->process_here = neighbour->second.computing();
  changed_.notify_all();
}

void Company::end_here() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  changed_.notify_all();
}

bool Company::goes_on() {
  const std::lock_guard lock(mutex_);
  return !over_ && !lost_;
}

// True when this process is leaving; earlier than after `time` if somebody has a question.
bool Company::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return leaving_ || (asked_ && !first_ && !over_); });
  return leaving_;
}

}  // namespace kinema::engine
