// What rename() will say when the work is done.
#include "plan/replaceable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kinema::plan {
namespace {

// In folders such as /tmp everybody may write, but only replace what is their own.
bool is_of_another(const struct stat& file, const std::filesystem::path& folder) {
  struct stat holder {};
  const auto user = ::geteuid();
  return user != 0 && ::stat(folder.c_str(), &holder) == 0 && (holder.st_mode & S_ISVTX) != 0 &&
         file.st_uid != user && holder.st_uid != user;
}

}  // namespace

std::string irreplaceable(const std::filesystem::path& path) {
  struct statx found {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &found) == 0) {
    if ((found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0)
      return "is a mount point, which cannot be replaced";
    if ((found.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0)
      return "is marked as one that cannot be replaced (lsattr)";
  }
  struct stat file {};
  const auto folder = path.has_parent_path() ? path.parent_path() : ".";
  if (::lstat(path.c_str(), &file) == 0 && is_of_another(file, folder))
    return "is another user's, and its folder lets only its owner replace it";
  return "";
}

}  // namespace kinema::plan
