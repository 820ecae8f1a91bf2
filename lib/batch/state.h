// What a batch remembers on disk: one line for each finished or failed output.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/json.h"
#include "batch/unit.h"

namespace kinema::batch {

// The part of a file's jobs that one run makes: every `of`-th, from the `index`-th (from 1).
struct Shard {
  int64_t index = 1, of = 1;

  bool has(int64_t job) const { return job % of == index - 1; }
};

// "2/5". Throws Error(kUsage).
Shard parse_shard(const std::string& text);

// The folder of a batch's state: lines of every shard, latents of what is not decoded yet.
class State {
 public:
  // Reads the lines of all shards, where what a crash has cut short says nothing; appends to its
  // own shard's file. Makes the folder when the first line or file is written. Throws
  // Error(kConfig) naming file and line if one is damaged.
  State(std::filesystem::path folder, const Shard& shard);

  // Whether the output was finished and is still on disk as it was.
  bool finished(const Unit& unit) const;
  // The line of another job that made this output's file, or null.
  const Json* other_maker(const Unit& unit) const;
  // Whether a run was allowed to overwrite this output's file, and has not done so yet.
  bool may_overwrite(const Unit& unit) const;

  // The output is on disk under its names, and needs its latents no more. `measured` is added to
  // the line.
  void add_finished(const Unit& unit, const OrderedJson& measured);
  void add_failed(const std::string& id, const std::string& hash, const Error& error);
  void add_overwritable(const Unit& unit);

  // Where the latents of an output wait to be decoded, or a generation for its next step.
  std::filesystem::path latents(const Unit& unit) const;
  std::filesystem::path partial(const Unit& unit) const;
  // Removes both, and what killed runs have left of them.
  void forget_latents(const Unit& unit) const;
  // Makes their folder.
  void prepare() const;

  const std::filesystem::path& folder() const { return folder_; }
  // Ids and hashes of what has failed, in any process, since this object was made.
  std::set<std::string> failed_since() const;

 private:
  void read(const std::filesystem::path& file);
  void remember(const Json& line);
  void append(const OrderedJson& line);
  std::string stored_path(const std::filesystem::path& path) const;

  std::filesystem::path folder_, file_;
  uint64_t bytes_before_ = 0;
  std::map<std::string, Json> finished_;  // by hash
  std::map<std::string, Json> makers_;    // by output
  std::set<std::string> overwritable_;
};

// Whether every file that the unit is to write is there.
bool outputs_exist(const Unit& unit);
// Whether any is.
bool some_output_exists(const Unit& unit);

}  // namespace kinema::batch
