// The first failure ends all, is named truly, and leaves no process behind.
#include "launch/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

using kinema::Error;
using kinema::ErrorKind;
using kinema::launch::StatusBoard;

namespace {

struct Outcome {
  int exit_code = 0;
  std::string what;
};

Outcome supervised(int ranks,
                   std::function<int(int, StatusBoard&)> rank_main,
                   std::chrono::seconds stall_timeout = std::chrono::seconds(0)) {
  Outcome outcome;
  try {
    outcome.exit_code = kinema::launch::supervise({.ranks = ranks, .stall_timeout = stall_timeout},
                                                  {.rank_main = std::move(rank_main)});
  } catch (const Error& error) {
    outcome = {kinema::exit_code(error.kind()), error.what()};
  }
  // Every child has been waited for.
  CHECK((::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD));
  return outcome;
}

int fail(StatusBoard& board, int rank, const Error& error) {
  board.report_failure(rank, error);
  return exit_code(error.kind());
}

[[noreturn]] void wait_for_ever() {
  for (;;) ::pause();
}

}  // namespace

TEST_CASE("ranks that all end well are a success") {
  CHECK(supervised(3, [](int, StatusBoard&) { return 0; }).exit_code == 0);
}

TEST_CASE("a rank's own error is the message, whatever its peers say of it") {
  auto outcome = supervised(3, [](int rank, StatusBoard& board) {
    if (rank == 2) {
      ::usleep(100'000);
      return fail(board, rank, Error(ErrorKind::kMemory, "out of memory in denoise step 7"));
    }
    if (rank == 1)
      return fail(board, rank, Error(ErrorKind::kComm, "ulysses all_to_all #3: connection closed"));
    wait_for_ever();
  });
  CHECK(outcome.what == "rank 2: out of memory in denoise step 7");
  CHECK(outcome.exit_code == 5);
}

TEST_CASE("a killed rank is named with what it was doing, not the survivors that noticed") {
  auto outcome = supervised(4, [](int rank, StatusBoard& board) {
    board.report_phase(rank, "denoise step 3");
    board.report_collective(rank, "cfg all_gather #3");
    if (rank == 1) ::raise(SIGKILL);
    if (rank == 0) return fail(board, rank, Error(ErrorKind::kComm, "cfg all_gather #3: closed"));
    wait_for_ever();
  });
  CHECK(outcome.what ==
        "rank 1 was killed by signal 9 (SIGKILL) during denoise step 3 (last operation: "
        "cfg all_gather #3); the other ranks were stopped");
  CHECK(outcome.exit_code == 6);
}

TEST_CASE("a rank that leaves without a word is named with its exit code") {
  auto outcome = supervised(2, [](int rank, StatusBoard&) {
    if (rank == 1) ::_exit(3);
    wait_for_ever();
    return 0;
  });
  CHECK(outcome.what ==
        "rank 1 left with exit code 3 before its first stage; the other ranks were stopped");
}

TEST_CASE("a run in which nobody moves is ended and says where each rank stands") {
  auto outcome = supervised(
      2,
      [](int rank, StatusBoard& board) {
        board.report_phase(rank, "denoise step " + std::to_string(rank));
        wait_for_ever();
        return 0;
      },
      std::chrono::seconds(1));
  CHECK_THAT(
      outcome.what,
      Catch::Contains("no rank made progress for 1 s: rank 0 is in denoise step 0; rank 1 is "
                      "in denoise step 1"));
  CHECK(outcome.exit_code == 6);
}

TEST_CASE("the rank that never came to a gather of weights is named, not those that wait in it") {
  auto outcome = supervised(
      3,
      [](int rank, StatusBoard& board) -> int {
        board.report_phase(rank, "denoise step 1");
        board.report_collective(rank, "cfg all_gather #2");
        board.report_returned(rank);
        board.report_gather(rank, "weights/0 all_gather #7");
        board.report_gathered(rank);
        if (rank != 1) board.report_gather(rank, "weights/0 all_gather #8");
        wait_for_ever();
      },
      std::chrono::seconds(1));
  CHECK(outcome.what ==
        "rank 1 during denoise step 1 (last operation: cfg all_gather #2 and weights/0 all_gather "
        "#7) made no progress for 1 s, and the others waited for it");
  CHECK(outcome.exit_code == 6);
}

TEST_CASE("one of many ranks is watched under its own number") {
  std::string what;
  try {
    kinema::launch::supervise({.ranks = 1, .first_rank = 5},
                              {.rank_main = [](int rank, StatusBoard& board) {
                                board.report_phase(rank, "decode");
                                ::raise(SIGKILL);
                                return 0;
                              }});
  } catch (const Error& error) {
    what = error.what();
  }
  CHECK(what ==
        "rank 5 was killed by signal 9 (SIGKILL) during decode; the other ranks were stopped");
}

TEST_CASE("a rank is stopped when those elsewhere have failed") {
  int looks = 0;
  const int code =
      kinema::launch::supervise({.ranks = 1, .first_rank = 3},
                                {.rank_main = [](int, StatusBoard&) -> int { wait_for_ever(); },
                                 .look_around =
                                     [&](const StatusBoard&) {
                                       return kinema::launch::Others{++looks > 2, 0};
                                     }});
  CHECK(code == 0);
}

TEST_CASE("a rank that only waits is not taken for hung while others elsewhere work") {
  // Those elsewhere report something for two seconds.
  const auto start = std::chrono::steady_clock::now();
  const auto elsewhere = [&](const StatusBoard&) {
    const auto time = std::min<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start,
                                                         std::chrono::seconds(2));
    return kinema::launch::Others{false, static_cast<uint64_t>(time.count())};
  };
  const auto waiting = [](int rank, StatusBoard& board) -> int {
    board.report_collective(rank, "cfg all_gather #1");
    wait_for_ever();
  };
  std::string what;
  try {
    kinema::launch::supervise({.ranks = 1,
                               .stall_timeout = std::chrono::seconds(1),
                               .wait_for_others = std::chrono::milliseconds(500)},
                              {.rank_main = waiting, .look_around = elsewhere});
  } catch (const Error& error) {
    what = error.what();
  }
  CHECK_THAT(what, Catch::Contains("no rank made progress for 1 s"));
  CHECK(std::chrono::steady_clock::now() - start > std::chrono::milliseconds(3400));
}

TEST_CASE("an interrupt is passed on and is the exit code") {
  auto outcome = supervised(2, [](int rank, StatusBoard&) {
    std::signal(SIGINT, SIG_DFL);  // Catch2's own handler came along through the fork
    if (rank == 0) ::kill(::getppid(), SIGINT);
    wait_for_ever();
    return 0;
  });
  CHECK(outcome.exit_code == 130);
  CHECK(outcome.what.empty());
}
