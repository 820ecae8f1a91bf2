// Who makes what: two leaders over one file, shards, lines that come later.
#include "batch/queue.h"

#include <fstream>

#include <catch2/catch.hpp>

#include "support/temp_folder.h"

using namespace kinema;
using batch::Queue;
using batch::Turn;

namespace {

constexpr const char* kHeader =
    R"({"defaults": {"width": 64, "height": 48, "num_frames": 5, "output": "out/"}})";

// A file of lines, and leaders that work on it.
class Scene {
 public:
  explicit Scene(const std::string& lines) {
    order.file = folder_.path() / "jobs.jsonl";
    order.state = folder_.path() / "state";
    order.identity = "model";
    append(std::string(kHeader) + "\n" + lines);
    config::Request request;
    request.model = std::filesystem::path(KINEMA_TEST_DATA) / "hunyuan15/t2v/model";
    model_ = plan::read_model(request);
  }

  void append(const std::string& lines) const { std::ofstream(order.file, std::ios::app) << lines; }

  Queue leader() {
    config::Violations violations;
    batch::JobFile file(order.file, violations);
    violations.throw_if_any();
    resolvers_.push_back(std::make_unique<batch::Resolver>(
        batch::Behind{{}, {}, model_, plan::Surroundings{}}, file.header()));
    states_.push_back(std::make_unique<batch::State>(order.state, order.shard));
    return Queue(order, std::move(file), *resolvers_.back(), *states_.back(),
                 [this](const std::string& name) { return claimed_.insert(name).second; });
  }

  batch::Order order;

 private:
  test::TempFolder folder_;
  plan::ModelFacts model_;
  std::set<std::string> claimed_;
  std::vector<std::unique_ptr<batch::Resolver>> resolvers_;
  std::vector<std::unique_ptr<batch::State>> states_;
};

// "fox-7", "refused job-2", "wait", "end".
std::string said(const Turn& turn) {
  switch (turn.kind) {
    case Turn::Kind::kMake:
      return turn.unit.id;
    case Turn::Kind::kRefused:
      return "refused " + turn.id;
    case Turn::Kind::kWait:
      return "wait";
    case Turn::Kind::kEnd:
      return "end";
  }
  return {};
}

const std::string kJobs =
    "{\"id\": \"a\", \"prompt\": \"x\", \"seed\": 1, \"num_outputs_per_prompt\": 2}\n"
    "{\"id\": \"b\", \"prompt\": \"y\", \"num_frames\": 6}\n"
    "{\"id\": \"c\", \"prompt\": \"z\", \"seed\": 3}\n";

}  // namespace

TEST_CASE("two leaders part the outputs of one file") {
  Scene scene(kJobs);
  auto one = scene.leader(), other = scene.leader();
  CHECK(one.count().all == 4);
  CHECK(one.ahead(10).size() == 3);
  CHECK(said(one.next()) == "a-1");
  CHECK(said(other.next()) == "a-2");
  CHECK(said(other.next()) == "refused b");
  CHECK(said(one.next()) == "c-3");
  CHECK(said(one.next()) == "end");
  CHECK(said(other.next()) == "end");
}

TEST_CASE("a shard has its own jobs") {
  Scene scene(kJobs);
  scene.order.shard = {2, 2};
  auto leader = scene.leader();
  CHECK(said(leader.next()) == "refused b");
  CHECK(said(leader.next()) == "end");
}

TEST_CASE("lines that come later are found, and waited for when that was asked") {
  Scene scene(kJobs);
  scene.order.follow = true;
  auto leader = scene.leader();
  for (const char* wanted : {"a-1", "a-2", "refused b", "c-3", "wait"})
    CHECK(said(leader.next()) == wanted);
  scene.append("{\"id\": \"d\", \"prompt\": \"x\", \"seed\": 4}\n{\"id\": \"e\"");
  CHECK(said(leader.next()) == "d-4");
  CHECK(said(leader.next()) == "wait");
  scene.order.follow = false;
  CHECK(said(leader.next()) == "refused job-5");
  CHECK(said(leader.next()) == "end");
}

TEST_CASE("jobs that would write one file are refused, and what has failed is left out") {
  Scene scene(kJobs +
              "{\"id\": \"d\", \"prompt\": \"x\", \"seed\": 1, \"output\": \"out/a-1.mp4\"}\n");
  scene.order.excluded = {"b"};
  auto leader = scene.leader();
  for (const char* wanted : {"a-1", "a-2", "c-3", "refused d-1", "end"})
    CHECK(said(leader.next()) == wanted);
}
