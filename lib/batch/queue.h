// Which output comes next, for one of the groups of processes that work on a batch.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "batch/job_file.h"
#include "batch/order.h"
#include "batch/resolver.h"
#include "batch/state.h"

namespace kinema::batch {

// How much of an output is left to do.
enum class Work { kAll, kDecode };

struct Turn {
  enum class Kind { kMake, kRefused, kWait, kEnd };
  Kind kind = Kind::kEnd;
  Unit unit;                   // kMake
  Work work = Work::kAll;      // kMake
  std::string id;              // kRefused: a job that cannot be
  std::optional<Error> error;  // kRefused: why
};

// True for exactly one of those who ask for the same name.
using Claim = std::function<bool(const std::string& name)>;

// How many outputs there are, as far as is known.
struct Count {
  int64_t all = 0;      // of this shard
  int64_t skipped = 0;  // were there already
  int64_t begun = 0;    // were given out here or elsewhere, as far as was noticed
};

// Files that outputs have taken.
class TakenFiles {
 public:
  // Throws Error(kConfig) if another output writes the same file.
  void take(const Unit& unit);

 private:
  std::map<std::string, std::string> takers_;  // by path
};

class Queue {
 public:
  // `resolver` and `state` outlive it.
  Queue(const Order& order, JobFile file, const Resolver& resolver, State& state, Claim claim);

  // The next turn. kWait: nothing now, but more may come.
  Turn next();
  // Outputs that may come next, this one's among them, for their prompts.
  std::vector<Unit> ahead(size_t most) const;
  const Count& count() const { return count_; }

 private:
  struct Waiting {
    Unit unit;
    std::string refused_id;
    std::optional<Error> refused;
    Work work = Work::kAll;

    std::string name() const;
  };

  void read();
  void expand(const Entry& entry);
  void add(Unit unit);
  // More lines may come.
  bool may_grow() const;

  const Order& order_;
  JobFile file_;
  const Resolver& resolver_;
  State& state_;
  Claim claim_;
  size_t expanded_ = 0;
  std::deque<Waiting> waiting_;
  TakenFiles taken_;
  Count count_;
};

// Whether the unit is finished, has latents to decode, or is to be made from its beginning. A file
// that another job has made, or nobody knows of, is Error(kConfig), unless it may be overwritten.
enum class Standing { kFinished, kHasLatents, kOpen };
Standing standing(const Unit& unit, const State& state, Existing existing);

}  // namespace kinema::batch
