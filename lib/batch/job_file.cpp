// A header's faults stop a run; a job's faults are its own.
#include "batch/job_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "base/nearest.h"
#include "batch/layers.h"

namespace kinema::batch {
namespace {

namespace fs = std::filesystem;

bool is_lines(const fs::path& path) {
  const auto ending = path.extension();
  return ending == ".jsonl" || ending == ".ndjson";
}

std::string read_from(const fs::path& path, uint64_t offset) {
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string pointed(const Layer& layer, const std::string& key) {
  return key.empty() ? layer.pointer : layer.pointer + "/" + key;
}

// Ids become file names.
bool is_id(const Json& id) {
  if (!id.is_string()) return false;
  const auto text = id.get<std::string>();
  return !text.empty() && text.size() <= 200 && text.front() != '.' &&
         text.find_first_of(std::string("/\\{}\0", 5)) == std::string::npos &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

bool is_header(const Json& object) {
  return object.is_object() && (object.contains("run") || object.contains("defaults"));
}

}  // namespace

std::string place(const Layer& layer, const std::string& key) {
  return config::place(layer.text->source, pointed(layer, key));
}

void apply(const Layer& layer, config::Settings& settings, config::Violations& violations) {
  if (!layer.text) return;
  auto source = layer.text->source;
  source.pointer = layer.pointer;
  for (const auto& key : config::apply_json(layer.settings, source, settings.request, violations)) {
    settings.sources[key] = fmt::format(
        "{}:{}", source.name, source.first_line + layer.text->lines.line(pointed(layer, key)) - 1);
  }
}

JobFile::JobFile(fs::path file, config::Violations& violations, Origin origin)
    : path_(std::move(file)),
      folder_(origin == Origin::kFile && path_.has_parent_path() ? path_.parent_path() : "."),
      name_(origin == Origin::kFile ? path_.string() : "standard input"),
      lines_(is_lines(path_)) {
  if (!fs::is_regular_file(path_))
    throw Error(ErrorKind::kConfig, path_.string() + ": no such job file");
  if (!lines_) {
    read_object(violations);
    return;
  }
  const auto text = read_from(path_, 0);
  const auto first = text.substr(0, text.find('\n'));
  const Json object = Json::parse(first, nullptr, /*allow_exceptions=*/false);
  if (is_header(object)) {
    read_header(object, text_of(first, 1), violations);
    bytes_read_ = std::min(first.size() + 1, text.size());
    lines_read_ = 1;
  }
  read_more(LastLine::kMayGrow);
}

std::shared_ptr<const JobText> JobFile::text_of(const std::string& text, int64_t first_line) const {
  return std::make_shared<JobText>(
      JobText{{name_, text, "", folder_, first_line}, config::JsonLines(text)});
}

void JobFile::read_header(const Json& object,
                          const std::shared_ptr<const JobText>& text,
                          config::Violations& violations) {
  const std::vector<std::string> known = {"schema", "run", "defaults", "jobs"};
  for (const auto& [key, value] : object.items()) {
    const Layer layer{value, text, "/" + key};
    if (key == "schema" && value != 1) {
      violations.add(ErrorKind::kConfig,
                     "\"schema\" " + value.dump() + " is not known, 1 is" + place(layer, ""));
    } else if (key == "run") {
      header_.run = layer;
    } else if (key == "defaults") {
      header_.defaults = layer;
    } else if (key == "jobs" && lines_) {
      violations.add(
          ErrorKind::kConfig,
          "in JSON Lines \"jobs\" is no list, each stands on a line of its own" + place(layer, ""),
          "one JSON object a line, or a .json file");
    } else if (std::find(known.begin(), known.end(), key) == known.end()) {
      violations.add(ErrorKind::kConfig,
                     "unknown key \"" + key + "\" beside \"jobs\"" + place(layer, ""),
                     did_you_mean(key, known));
    }
  }
  check_run(header_.run, violations);
  check_defaults(header_.defaults, violations);
  config::Settings scratch;
  apply(header_.run, scratch, violations);
  apply(header_.defaults, scratch, violations);
  check_twice(header_, violations);
}

void JobFile::read_object(config::Violations& violations) {
  const auto text = read_from(path_, 0);
  const Json object = parse_json(text, name_, ErrorKind::kConfig);
  const auto shared = text_of(text, 1);
  if (!object.is_object() || !object.contains("jobs") || !object["jobs"].is_array()) {
    violations.add(ErrorKind::kConfig,
                   path_.string() + ": a job file is an object with a list \"jobs\"",
                   "{\"schema\": 1, \"run\": {…}, \"defaults\": {…}, \"jobs\": [{…}, …]}");
    return;
  }
  read_header(object, shared, violations);
  for (const auto& job : object["jobs"])
    add_job(job, shared, "/jobs/" + std::to_string(jobs_.size()));
}

void JobFile::add_job(Json job, std::shared_ptr<const JobText> text, const std::string& pointer) {
  Entry entry;
  entry.index = static_cast<int64_t>(jobs_.size());
  entry.id = "job-" + std::to_string(entry.index + 1);
  entry.layer = {std::move(job), std::move(text), pointer};
  auto& settings = entry.layer.settings;
  config::Violations faults;
  if (!settings.is_object()) {
    faults.add(ErrorKind::kConfig, "a job is an object, not " + std::string(settings.type_name()) +
                                       place(entry.layer, ""));
  } else if (settings.contains("id")) {
    if (is_id(settings["id"])) {
      entry.id = settings["id"];
    } else {
      faults.add(ErrorKind::kConfig, "\"id\" must be a text that can be a file's name, not " +
                                         settings["id"].dump() + place(entry.layer, "id"));
    }
    settings.erase("id");
  }
  for (const auto& other : jobs_) {
    if (other.id != entry.id) continue;
    faults.add(ErrorKind::kConfig,
               "two jobs are called \"" + entry.id + "\"" + place(entry.layer, ""),
               "ids name files; give each its own");
  }
  if (settings.is_object()) check_job(entry.layer, faults);
  entry.faults = faults.all();
  jobs_.push_back(std::move(entry));
}

void JobFile::add_line(const std::string& line) {
  ++lines_read_;
  if (line.find_first_not_of(" \t\r") == std::string::npos) return;
  // So that messages count the file's lines.
  const auto text =
      Json::accept(line) ? line : std::string(static_cast<size_t>(lines_read_ - 1), '\n') + line;
  try {
    add_job(parse_json(text, name_, ErrorKind::kConfig), text_of(line, lines_read_), "");
  } catch (const Error& error) {
    Entry entry;
    entry.index = static_cast<int64_t>(jobs_.size());
    entry.id = "job-" + std::to_string(entry.index + 1);
    entry.faults = {{error.kind(), error.what(), error.hint()}};
    jobs_.push_back(std::move(entry));
  }
}

void JobFile::read_more(LastLine last) {
  if (!lines_) return;
  const auto text = read_from(path_, bytes_read_);
  size_t start = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', start)) {
    add_line(text.substr(start, end - start));
    start = end + 1;
  }
  const auto rest = text.substr(start);
  const bool whole = last == LastLine::kIsComplete || Json::accept(rest);
  if (!rest.empty() && whole) {
    add_line(rest);
    start = text.size();
  }
  bytes_read_ += start;
}

}  // namespace kinema::batch
