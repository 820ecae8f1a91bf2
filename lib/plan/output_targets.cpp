// Every obstacle is met by trying, or by asking what the last step of writing would meet.
#include "plan/output_targets.h"

#include <map>

#include "base/atomic_file.h"
#include "base/format.h"
#include "config/outputs.h"
#include "plan/replaceable.h"

namespace kinema::plan {
namespace {

namespace fs = std::filesystem;

using Obstacle = std::optional<config::Violation>;

Obstacle at_folder(const std::string& flag, const fs::path& path, const fs::path& folder) {
  try {
    check_folder(path, folder, "another " + flag);
  } catch (const Error& error) {
    return {{error.kind(), error.what(), error.hint()}};
  }
  return std::nullopt;
}

Obstacle in_folder(const std::string& flag, const fs::path& path, Scope scope) {
  const auto folder = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  // A batch makes the missing ones.
  return at_folder(flag, path, scope == Scope::kBatch ? nearest_existing(folder) : folder);
}

Obstacle at_frames(const fs::path& path, bool overwrite) {
  const std::string other = "another --frames-dir";
  if (!fs::exists(path)) return std::nullopt;
  if (!fs::is_directory(path))
    return {{ErrorKind::kConfig, path.string() + " is a file; --frames-dir wants a folder", other}};
  if (overwrite || !fs::exists(path / "frame_00000.png")) return std::nullopt;
  return {
      {ErrorKind::kConfig, path.string() + " holds frames already", "--overwrite, or " + other}};
}

// Files replace what was there, which devices, pipes and the links to them must not suffer.
bool is_device(const fs::path& path) {
  const auto folder = path.parent_path();
  return fs::is_other(path) || folder == "/dev" || folder == "/dev/fd" || folder == "/proc/self/fd";
}

Obstacle at_device(const std::string& flag, const fs::path& path) {
  if (flag == "--frames-dir" || !is_device(path)) return std::nullopt;
  return {{ErrorKind::kConfig, path.string() + " is a device; " + flag + " wants a file",
           "another " + (flag == "--output" ? "-o" : flag)}};
}

Obstacle at_file(const std::string& flag, const fs::path& path, bool overwrite) {
  const auto other = "another " + (flag == "--output" ? "-o" : flag);
  if (!fs::exists(path)) return std::nullopt;
  if (fs::is_directory(path))
    return {{ErrorKind::kConfig, path.string() + " is a folder; " + flag + " wants a file", other}};
  if (overwrite) return std::nullopt;
  return {{ErrorKind::kConfig, path.string() + " exists", "--overwrite, or " + other}};
}

// Of what is there and is to be replaced; frames are moved into a folder that is there.
Obstacle at_old(const std::string& flag, const fs::path& path, bool overwrite) {
  const bool folder = fs::is_directory(path);
  if (!overwrite && !folder) return std::nullopt;
  if (const auto why = irreplaceable(path); !why.empty())
    return {{ErrorKind::kIo, path.string() + " " + why, "another " + flag}};
  return folder ? at_folder(flag, path, path) : std::nullopt;
}

// One for every way to a file.
fs::path identity(const fs::path& path) {
  std::error_code unknown;
  auto canonical = fs::weakly_canonical(path, unknown);
  return unknown ? fs::absolute(path).lexically_normal() : canonical;
}

// What stands in the way of writing `path`.
void check_target(Resolution& r, const std::string& flag, const fs::path& path) {
  std::error_code problem;
  if (fs::status(path, problem).type() == fs::file_type::none) {
    r.violations.add(ErrorKind::kIo, path.string() + ": " + problem.message(), "another " + flag);
    return;
  }
  const auto scope = r.around.scope;
  const bool asked = r.request().overwrite, overwrite = asked || scope == Scope::kBatch;
  auto obstacle = at_device(flag, path);
  if (!obstacle) obstacle = in_folder(flag, path, scope);
  if (!obstacle)
    obstacle = flag == "--frames-dir" ? at_frames(path, overwrite) : at_file(flag, path, overwrite);
  // What a batch has finished stays.
  if (!obstacle && (asked || scope != Scope::kBatch)) obstacle = at_old(flag, path, asked);
  if (obstacle) r.violations.add(obstacle->kind, obstacle->what, obstacle->hint);
}

}  // namespace

void check_targets(Resolution& r) {
  std::map<fs::path, std::string> taken;
  for (const auto& output : config::output_files(r.request())) {
    for (const auto& [flag, path] : output.all()) {
      auto [other, first] = taken.emplace(identity(path), flag);
      if (!first) {
        r.wrong(fmt::format("{} and {} would both write {}", other->second, flag, path.string()),
                "give them different names");
      } else {
        check_target(r, flag, path);
      }
    }
  }
}

}  // namespace kinema::plan
