// Survivors of a lost peer fail too, often before the launcher hears of the peer: they must not be
// blamed.
#include "launch/verdict.h"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "base/log.h"

namespace kinema::launch {
namespace {

// "ulysses all_to_all #412 and weights/0 all_gather #7", or nothing.
std::string last_operations(const RankStatus& status) {
  const bool both = !status.collective.empty() && !status.gather.empty();
  return status.collective + (both ? " and " : "") + status.gather;
}

std::string where(const RankStatus& status) {
  std::string text = status.phase.empty() ? " before its first stage" : " during " + status.phase;
  const auto last = last_operations(status);
  if (!last.empty()) text += " (last operation: " + last + ")";
  return text;
}

std::string signal_name(int signal) {
  std::string text = "signal " + std::to_string(signal);
  if (const char* name = ::sigabbrev_np(signal)) text += std::string(" (SIG") + name + ")";
  return text;
}

Error killed(const RankEnd& end, const StatusBoard& board) {
  std::string what = "rank " + std::to_string(end.rank) + " was killed by " +
                     signal_name(end.signal) + where(board.status(end.rank)) +
                     "; the other ranks were stopped";
  std::string hint;
  if (end.signal == SIGKILL) hint = "if nobody sent it, the machine ran out of memory: see dmesg";
  if (end.signal == SIGABRT && !end.last_line.empty()) hint = "its last words: " + end.last_line;
  return Error(ErrorKind::kComm, what, hint);
}

Error silent(const RankEnd& end, const StatusBoard& board) {
  return Error(ErrorKind::kComm,
               "rank " + std::to_string(end.rank) + " left with exit code " +
                   std::to_string(end.exit_code) + where(board.status(end.rank)) +
                   "; the other ranks were stopped",
               end.last_line.empty() ? std::string() : "its last words: " + end.last_line);
}

Error recorded(const RankEnd& end, const StatusBoard& board) {
  const auto failure = board.failure(end.rank);
  const auto phase = board.status(end.rank).phase;
  return Error(failure.kind,
               "rank " + std::to_string(end.rank) + (phase.empty() ? "" : " in " + phase) + ": " +
                   failure.what,
               failure.hint);
}

// Smaller is nearer to the cause.
int distance(const RankEnd& end, const StatusBoard& board) {
  if (end.signal != 0 && !end.was_stopped) return 0;
  if (board.has_failed(end.rank)) return board.failure(end.rank).kind == ErrorKind::kComm ? 3 : 1;
  if (end.failed() && !end.was_stopped) return 2;
  return 4;
}

}  // namespace

Verdict judge(const std::vector<RankEnd>& ends, const StatusBoard& board) {
  const RankEnd* cause = nullptr;
  auto key = [&](const RankEnd& end) {
    const auto first = board.has_failed(end.rank) ? board.failure(end.rank).order : end.order;
    return std::pair(distance(end, board), first);
  };
  for (const auto& end : ends) {
    if (distance(end, board) == 4) continue;
    if (cause == nullptr || key(end) < key(*cause)) cause = &end;
  }
  if (cause == nullptr) return {};
  Error error = cause->signal != 0 && !cause->was_stopped ? killed(*cause, board)
                : board.has_failed(cause->rank)           ? recorded(*cause, board)
                                                          : silent(*cause, board);
  return {exit_code(error.kind()), error};
}

Error stalled(const StatusBoard& board, std::chrono::seconds silence) {
  std::string busy, all;
  int waiting = 0;
  const int first = board.first_rank();
  for (int rank = first; rank < first + board.ranks(); ++rank) {
    const auto status = board.status(rank);
    const auto name = "rank " + std::to_string(rank);
    const auto phase = status.phase.empty() ? std::string("start-up") : status.phase;
    all += (rank == first ? " " : "; ") + name + " is in " + phase;
    if (const auto last = last_operations(status); !last.empty()) all += ", last operation " + last;
    if (status.waits || status.finished) {
      ++waiting;
    } else {
      busy += (busy.empty() ? "" : " and ") + name + where(status);
    }
  }
  const auto seconds = fmt::format("{} s", silence.count());
  const char* hint = "--stall-timeout SECONDS if it really takes longer";
  const bool all_at_work = waiting == 0 && board.ranks() > 1;
  if (busy.empty() || all_at_work)
    return Error(ErrorKind::kComm, "no rank made progress for " + seconds + ":" + all, hint);
  return Error(ErrorKind::kComm,
               busy + " made no progress for " + seconds + ", and the others waited for it", hint);
}

}  // namespace kinema::launch
