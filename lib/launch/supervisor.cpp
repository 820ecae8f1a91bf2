// fork, poll over a signal descriptor and the ranks' pipes, waitpid.
#include "launch/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "launch/verdict.h"

namespace kinema::launch {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kTick{50};

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&set, signal);
  return set;
}

class Supervisor {
 public:
  Supervisor(const SupervisorOptions& options, const SupervisedRun& run)
      : options_(options),
        run_(run),
        board_(options.ranks, options.first_rank),
        output_(options.ranks, options.echo) {}

  int run() {
    auto set = watched_signals();
    ::sigprocmask(SIG_BLOCK, &set, &previous_mask_);
    for (int child = 0; child < options_.ranks; ++child) pids_.push_back(start(child));
    output_.close_writers();
    signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (run_.after_fork) run_.after_fork(pids_);
    last_beat_ = Clock::now();
    while (std::any_of(pids_.begin(), pids_.end(), [](pid_t pid) { return pid > 0; })) watch();
    output_.drain_all();
    ::close(signals_);
    ::sigprocmask(SIG_SETMASK, &previous_mask_, nullptr);
    return conclude();
  }

 private:
  pid_t start(int child) {
    const int rank = options_.first_rank + child;
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
      stop_all(SIGKILL);
      throw Error(ErrorKind::kComm, "rank " + std::to_string(rank) +
                                        " could not be started: " + std::strerror(errno));
    }
    if (pid == 0) {
      ::setpgid(0, 0);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(exit_code(ErrorKind::kComm));
      const int every = options_.speaking_every;
      output_.redirect_in_rank(
          rank == 0 || (every > 0 && rank % every == 0) ? Speaks::kItself : Speaks::kThroughPipe,
          child);
      ::sigprocmask(SIG_SETMASK, &previous_mask_, nullptr);
      // _exit: the parent's atexit handlers and stream buffers are not this rank's to run.
      const int code = run_.rank_main(rank, board_);
      board_.report_finished(rank);
      ::_exit(code);
    }
    ::setpgid(pid, pid);
    return pid;
  }

  void watch() {
    std::vector<pollfd> fds{{signals_, POLLIN, 0}};
    for (int fd : output_.readers()) {
      if (fd >= 0) fds.push_back({fd, POLLIN, 0});
    }
    ::poll(fds.data(), fds.size(), static_cast<int>(kTick.count()));
    output_.drain_all();
    read_signals();
    reap();
    if (run_.look_around) look_around();
    if (kill_at_ && Clock::now() >= *kill_at_) stop_all(SIGKILL);
    check_stall();
  }

  void read_signals() {
    signalfd_siginfo info;
    while (::read(signals_, &info, sizeof(info)) == sizeof(info)) {
      const int signal = static_cast<int>(info.ssi_signo);
      if (signal == SIGCHLD) continue;
      if (interrupted_by_ != 0) {
        stop_all(SIGKILL);
      } else {
        interrupted_by_ = signal;
        signal_all(signal);
      }
    }
  }

  void reap() {
    for (size_t child = 0; child < pids_.size(); ++child) {
      int status = 0;
      if (pids_[child] <= 0 || ::waitpid(pids_[child], &status, WNOHANG) != pids_[child]) continue;
      const pid_t process = std::exchange(pids_[child], 0);
      output_.drain(static_cast<int>(child));
      RankEnd end;
      end.rank = options_.first_rank + static_cast<int>(child);
      end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
      end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      end.was_stopped = stopping_;
      end.finished = board_.status(end.rank).finished;
      end.order = static_cast<int>(ends_.size());
      end.last_line = output_.last_line(static_cast<int>(child));
      ends_.push_back(end);
      if (end.failed() && run_.after_kill) run_.after_kill(end.rank, process);
      if (end.failed() && !kill_at_) {
        kill_at_ =
            Clock::now() + (interrupted_by_ == 0 ? options_.grace : options_.interrupt_grace);
      }
    }
  }

  void look_around() {
    others_ = run_.look_around(board_);
    if (others_.failed && !kill_at_ && !stopping_ && interrupted_by_ == 0)
      kill_at_ = Clock::now() + options_.grace;
  }

  // How long nobody may report anything.
  Clock::duration patience() const {
    bool all_wait = true;
    for (int child = 0; child < options_.ranks; ++child)
      all_wait = all_wait && board_.status(options_.first_rank + child).waits;
    if (run_.look_around && all_wait) return options_.stall_timeout + options_.wait_for_others;
    return options_.stall_timeout;
  }

  void check_stall() {
    uint64_t beats = others_.beats;
    for (int child = 0; child < options_.ranks; ++child)
      beats += board_.status(options_.first_rank + child).beats;
    if (beats != beats_) {
      beats_ = beats;
      last_beat_ = Clock::now();
    }
    if (stopping_ || options_.stall_timeout.count() == 0 ||
        Clock::now() - last_beat_ < patience()) {
      return;
    }
    stalled_ = stalled(board_, options_.stall_timeout);
    stop_all(SIGKILL);
  }

  void signal_all(int signal) {
    for (pid_t pid : pids_) {
      if (pid > 0) ::kill(pid, signal);
    }
  }

  void stop_all(int signal) {
    stopping_ = true;
    kill_at_.reset();
    signal_all(signal);
  }

  int conclude() {
    if (stalled_) throw *stalled_;
    if (interrupted_by_ != 0) return 128 + interrupted_by_;
    auto verdict = judge(ends_, board_);
    if (verdict.error) throw *verdict.error;
    return verdict.exit_code;
  }

  const SupervisorOptions& options_;
  const SupervisedRun& run_;
  StatusBoard board_;
  RankOutput output_;
  sigset_t previous_mask_{};
  int signals_ = -1;
  std::vector<pid_t> pids_;
  std::vector<RankEnd> ends_;
  std::optional<Clock::time_point> kill_at_;
  std::optional<Error> stalled_;
  Others others_;
  Clock::time_point last_beat_;
  uint64_t beats_ = 0;
  int interrupted_by_ = 0;
  bool stopping_ = false;
};

}  // namespace

int supervise(const SupervisorOptions& options, const SupervisedRun& run) {
  return Supervisor(options, run).run();
}

}  // namespace kinema::launch
