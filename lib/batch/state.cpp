// JSON Lines, appended with one write each, so that processes may share a file and a crash leaves
// whole lines, but perhaps the last.
#include "batch/state.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "config/outputs.h"

namespace kinema::batch {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const Unit& unit) {
  std::vector<fs::path> files;
  for (const auto& path : {unit.request.output, unit.request.frames_dir})
    if (path) files.push_back(*path);
  return files;
}

// The video, or the folder of frames.
const fs::path& main_file(const Unit& unit) {
  return unit.request.output ? *unit.request.output : *unit.request.frames_dir;
}

uint64_t size_of(const fs::path& path) {
  std::error_code none;
  const auto size = fs::file_size(path, none);
  return none ? 0 : size;
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error(ErrorKind::kIo, folder.string() + ": cannot be made: " + error.message());
}

std::string file_name(const Shard& shard) {
  if (shard.of == 1) return "state.jsonl";
  return fmt::format("state-{}-of-{}.jsonl", shard.index, shard.of);
}

// The beginning of a line, or the zeros that a file system has put where it was to be.
bool is_crash_left(const std::string& text) {
  return text.starts_with('{') || text.find_first_not_of('\0') == std::string::npos;
}

// What keeps a line from being one of a batch's; empty if nothing does.
std::string fault_of(const Json& line) {
  if (!line.is_object()) return "is no line of a batch's state, which is a JSON object";
  const auto schema = line.value("schema", Json(1));
  if (schema != 1) return fmt::format("\"schema\" {} is not known, 1 is", schema.dump());
  for (const char* key : {"id", "hash", "output", "overwrite", "error"})
    if (line.contains(key) && !line[key].is_string())
      return fmt::format("\"{}\" must be a text, not {}", key, line[key].dump());
  if (line.contains("bytes") && !line["bytes"].is_number_unsigned())
    return fmt::format("\"bytes\" must be a file's size, not {}", line["bytes"].dump());
  return "";
}

}  // namespace

Shard parse_shard(const std::string& text) {
  Shard shard;
  const auto slash = text.find('/');
  const char* end = text.data() + text.size();
  bool good = slash != std::string::npos;
  if (good) {
    const auto first = std::from_chars(text.data(), text.data() + slash, shard.index);
    const auto second = std::from_chars(text.data() + slash + 1, end, shard.of);
    good = first.ec == std::errc() && first.ptr == text.data() + slash &&
           second.ec == std::errc() && second.ptr == end && shard.index >= 1 &&
           shard.index <= shard.of;
  }
  if (good) return shard;
  throw Error(ErrorKind::kUsage, "--shard must be like 2/5: the second of five parts, not " + text);
}

bool outputs_exist(const Unit& unit) {
  const auto files = files_of(unit);
  return std::all_of(files.begin(), files.end(), [](const auto& file) { return fs::exists(file); });
}

bool some_output_exists(const Unit& unit) {
  const auto files = files_of(unit);
  return std::any_of(files.begin(), files.end(), [](const auto& file) { return fs::exists(file); });
}

State::State(fs::path folder, const Shard& shard)
    : folder_(std::move(folder)), file_(folder_ / file_name(shard)), bytes_before_(size_of(file_)) {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_, none)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("state") && name.ends_with(".jsonl")) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) read(file);
}

void State::read(const fs::path& file) {
  std::ifstream in(file);
  int64_t number = 0;
  for (std::string text; std::getline(in, text);) {
    ++number;
    const auto line = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (line.is_discarded() && is_crash_left(text)) continue;
    if (const auto fault = fault_of(line); !fault.empty())
      throw Error(ErrorKind::kConfig, fmt::format("{}:{}: {}", file.string(), number, fault),
                  "delete this line, and its output is made again; or another --state");
    remember(line);
  }
}

void State::remember(const Json& line) {
  const auto output = line.value("output", "");
  if (line.contains("overwrite")) {
    const auto path = line["overwrite"].get<std::string>();
    overwritable_.insert(path);
    if (const auto maker = makers_.find(path); maker != makers_.end()) {
      finished_.erase(maker->second.value("hash", ""));
      makers_.erase(maker);
    }
  } else if (!line.contains("error") && !output.empty()) {
    finished_[line.value("hash", "")] = line;
    makers_[output] = line;
    overwritable_.erase(output);
  }
}

// Relative to the state, so that a folder can be moved with everything in it.
std::string State::stored_path(const fs::path& path) const {
  return fs::weakly_canonical(path)
      .lexically_proximate(fs::weakly_canonical(fs::absolute(folder_)))
      .string();
}

bool State::finished(const Unit& unit) const {
  const auto found = finished_.find(unit.hash);
  if (found == finished_.end() || !outputs_exist(unit)) return false;
  const auto& line = found->second;
  if (line.value("output", "") != stored_path(main_file(unit))) return false;
  return !unit.request.output || line.value("bytes", uint64_t{0}) == size_of(*unit.request.output);
}

const Json* State::other_maker(const Unit& unit) const {
  const auto found = makers_.find(stored_path(main_file(unit)));
  if (found == makers_.end() || found->second.value("hash", "") == unit.hash) return nullptr;
  return &found->second;
}

bool State::may_overwrite(const Unit& unit) const {
  return overwritable_.contains(stored_path(main_file(unit)));
}

void State::add_finished(const Unit& unit, const OrderedJson& measured) {
  OrderedJson line = {{"schema", 1},
                      {"id", unit.id},
                      {"seed", *unit.request.seed},
                      {"hash", unit.hash},
                      {"output", stored_path(main_file(unit))}};
  if (unit.request.output) line["bytes"] = size_of(*unit.request.output);
  if (measured.is_object()) line.update(measured);
  line["settings"] = deciding_settings(unit.request);
  append(line);
  forget_latents(unit);
}

void State::add_failed(const std::string& id, const std::string& hash, const Error& error) {
  append({{"schema", 1},
          {"id", id},
          {"hash", hash},
          {"error", error.what()},
          {"hint", error.hint()},
          {"exit_code", exit_code(error.kind())}});
}

void State::add_overwritable(const Unit& unit) {
  append({{"schema", 1}, {"id", unit.id}, {"overwrite", stored_path(main_file(unit))}});
}

void State::append(const OrderedJson& line) {
  make_folders(folder_);
  const int file = ::open(file_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  auto text = line.dump() + "\n";
  // What a crash has cut short is closed first.
  char last = '\n';
  const auto size = static_cast<off_t>(size_of(file_));
  if (file >= 0 && size > 0 && ::pread(file, &last, 1, size - 1) == 1 && last != '\n')
    text.insert(text.begin(), '\n');
  const bool written =
      file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(file) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (!written)
    throw Error(ErrorKind::kIo, file_.string() + ": cannot be written: " + std::strerror(error));
  remember(Json(line));
}

fs::path State::latents(const Unit& unit) const {
  return folder_ / "latents" / (unit.hash + ".safetensors");
}

fs::path State::partial(const Unit& unit) const {
  return folder_ / "latents" / (unit.hash + ".partial.safetensors");
}

void State::forget_latents(const Unit& unit) const {
  std::error_code ignored;
  for (const auto& file : {latents(unit), partial(unit)}) fs::remove(file, ignored);
  // What killed runs were writing.
  for (const auto& entry : fs::directory_iterator(folder_ / "latents", ignored)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("." + unit.hash) && name.ends_with(".part"))
      fs::remove(entry.path(), ignored);
  }
}

void State::prepare() const { make_folders(folder_ / "latents"); }

std::set<std::string> State::failed_since() const {
  std::ifstream in(file_);
  in.seekg(static_cast<std::streamoff>(bytes_before_));
  std::set<std::string> failed;
  for (std::string text; std::getline(in, text);) {
    const auto line = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!line.is_object() || !line.contains("error")) continue;
    for (const char* key : {"id", "hash"})
      if (auto name = line.value(key, std::string()); !name.empty()) failed.insert(name);
  }
  return failed;
}

}  // namespace kinema::batch
