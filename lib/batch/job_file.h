// Files of many jobs: one JSON object with "run", "defaults" and "jobs", or JSON Lines, which may
// grow while they are read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "config/json_lines.h"
#include "config/request_json.h"
#include "config/settings.h"
#include "config/violations.h"

namespace kinema::batch {

// A text in which jobs stand: a whole file, or one line of it.
struct JobText {
  config::JsonSource source;
  config::JsonLines lines;
};

// One object of settings in a file.
struct Layer {
  Json settings = Json::object();
  std::shared_ptr<const JobText> text;  // null: there is no such object
  std::string pointer;                  // the object's place in the text: "/jobs/1"
};

// Sets what the layer names, over what `settings` has.
void apply(const Layer& layer, config::Settings& settings, config::Violations& violations);
// "jobs.json:14, /jobs/1/seed" in brackets, for messages.
std::string place(const Layer& layer, const std::string& key);

// One job as the file states it.
struct Entry {
  int64_t index = 0;                      // place among the file's jobs, from 0
  std::string id;                         // as given, or "job-4"
  Layer layer;                            // without "id"
  std::vector<config::Violation> faults;  // why this is no job
};

// What stands once in a file: settings that need a reload, and what jobs share.
struct Header {
  Layer run, defaults;
};

// Whether a last line without its end may still be being written.
enum class LastLine { kMayGrow, kIsComplete };

// Standard input is copied to a file; messages name it, and its relative paths begin here.
enum class Origin { kFile, kInput };

// Reads a file's jobs in order. JSON Lines (by the endings .jsonl and .ndjson) are one job a line,
// in front of them perhaps one object with "run" and "defaults"; what is appended is found by
// reading again.
class JobFile {
 public:
  // Reads what is there. Faults of the file and its header go to `violations`; those of a job stay
  // with it. Throws Error(kConfig) if there is no such file.
  JobFile(std::filesystem::path file,
          config::Violations& violations,
          Origin origin = Origin::kFile);

  const Header& header() const { return header_; }
  // All jobs so far.
  const std::vector<Entry>& jobs() const { return jobs_; }
  // Whether a file of this kind can grow; reads what was appended, whole lines.
  bool may_grow() const { return lines_; }
  void read_more(LastLine last);
  const std::filesystem::path& path() const { return path_; }

 private:
  void read_object(config::Violations& violations);
  void read_header(const Json& object,
                   const std::shared_ptr<const JobText>& text,
                   config::Violations& violations);
  void add_line(const std::string& line);
  void add_job(Json job, std::shared_ptr<const JobText> text, const std::string& pointer);
  std::shared_ptr<const JobText> text_of(const std::string& text, int64_t first_line) const;

  std::filesystem::path path_, folder_;
  std::string name_;
  bool lines_;
  Header header_;
  std::vector<Entry> jobs_;
  uint64_t bytes_read_ = 0;
  int64_t lines_read_ = 0;
};

}  // namespace kinema::batch
