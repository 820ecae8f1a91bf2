// Operations that are waited for at once are exposed; of those started before, only the wait is.
#include "parallel/communication_times.h"

#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

using kinema::comm::Moment;
using kinema::comm::Operation;
using kinema::parallel::CommunicationTimes;
using namespace std::chrono_literals;

TEST_CASE("an operation that is waited for at once hides nothing") {
  CommunicationTimes times(at::kCPU);
  const Operation operation{"all_to_all", 1, 100};
  times.note("ulysses/0", operation, Moment::kWaits);
  std::this_thread::sleep_for(2ms);
  times.note("ulysses/0", operation, Moment::kGoesOn);
  const auto taken = times.take();
  REQUIRE(taken.size() == 1);
  const auto& time = taken.at("ulysses/0");
  CHECK(time.operations == 1);
  CHECK(time.seconds >= 0.002);
  CHECK(time.exposed_seconds == time.seconds);
  CHECK(times.take().empty());
}

TEST_CASE("however many operations there are, each is counted once") {
  CommunicationTimes times(at::kCPU);
  for (int64_t i = 0; i < 1000; ++i) {
    times.note("ulysses/0", {"all_to_all", i, 100}, Moment::kWaits);
    times.note("ulysses/0", {"all_to_all", i, 100}, Moment::kGoesOn);
  }
  CHECK(times.take().at("ulysses/0").operations == 1000);
  CHECK(times.take().empty());
}

TEST_CASE("what passes between the start and the wait is hidden, also where two are under way") {
  CommunicationTimes times(at::kCPU);
  const Operation first{"exchange", 1, 100}, second{"exchange", 2, 100};
  times.note("ring/0", first, Moment::kStarts);
  times.note("ring/0", second, Moment::kStarts);
  std::this_thread::sleep_for(5ms);
  for (const auto& operation : {first, second}) {
    times.note("ring/0", operation, Moment::kWaits);
    times.note("ring/0", operation, Moment::kGoesOn);
  }
  // Not waited for yet: counted when it is.
  times.note("ring/0", {"exchange", 3, 100}, Moment::kStarts);
  const auto time = times.take().at("ring/0");
  CHECK(time.operations == 2);
  CHECK(time.seconds - time.exposed_seconds >= 0.01);
}

TEST_CASE("who is told of an operation hears when it was waited for, once") {
  struct Heard {
    std::string what;
    CommunicationTimes::Time begin, end;
    int64_t bytes;
  };
  std::vector<Heard> heard;
  CommunicationTimes times(
      at::kCPU, [&](const std::string& group, const Operation& operation, auto begin, auto end) {
        heard.push_back({group + " " + operation.name, begin, end, operation.bytes_out});
      });
  const Operation early{"exchange", 1, 100}, late{"all_gather", 1, 7};
  times.note("ring/0", early, Moment::kStarts);
  std::this_thread::sleep_for(5ms);
  const auto waits = std::chrono::steady_clock::now();
  times.note("ring/0", early, Moment::kWaits);
  times.note("ring/0", early, Moment::kGoesOn);
  times.note("cfg/0", late, Moment::kWaits);
  times.note("cfg/0", late, Moment::kGoesOn);
  times.take();
  times.take();
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].what == "ring/0 exchange");
  CHECK(heard[0].bytes == 100);
  CHECK(heard[0].begin >= waits);
  CHECK(heard[1].what == "cfg/0 all_gather");
  CHECK(heard[1].begin >= heard[0].end);
}
