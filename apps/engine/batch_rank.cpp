// The leader says what is next; all ranks of its replica do it.
#include "batch_rank.h"

#include <memory>
#include <optional>
#include <vector>

#include "base/interrupt.h"
#include "batch_leader.h"
#include "config/request_json.h"
#include "errors.h"
#include "input_copy.h"
#include "session.h"
#include "share_text.h"

namespace kinema::engine {
namespace {

class BatchRank {
 public:
  BatchRank(const batch::Order& order,
            const Duty& duty,
            Session& session,
            RankWatch& watch,
            ShareBoard& shared,
            int64_t replicas)
      : order_(order), session_(session), watch_(watch), replicas_(replicas) {
    if (session.team().is_first())
      leader_ = std::make_unique<BatchLeader>(order, duty, shared, replicas);
  }

  void run() {
    for (;;) {
      const auto turn = next_turn();
      const auto kind = turn.at("turn").get<std::string>();
      if (kind == "end") return;
      if (kind == "interrupted")
        throw Error(ErrorKind::kInterrupted, "interrupted between two outputs");
      if (kind == "make") make(turn);
    }
  }

 private:
  Json next_turn() {
    watch_.enter("waiting for jobs");
    const auto text = leader_ ? leader_->turn().dump() : std::string();
    return Json::parse(shared_text(session_.team(), 0, text));
  }

  void make(const Json& turn) {
    const auto unit = batch::unit_from_json(turn.at("unit"));
    auto request = unit.request;
    request.progress = batch_style(request, replicas_);
    std::vector<config::Request> ahead;
    for (const auto& one : turn.at("prompts"))
      ahead.push_back(config::request_from_json(one, "a job to come"));
    Assignment assignment{request, unit.planned, unit.id};
    for (const auto& one : ahead) assignment.prompts.push_back(&one);
    const std::filesystem::path latents = turn.at("latents").get<std::string>();
    assignment.keep = latents;
    assignment.partial = turn.at("partial").get<std::string>();
    if (turn.at("decode")) assignment.latents = latents;
    try {
      const auto run = session_.make(assignment);
      if (leader_) leader_->finished(unit, *run);
    } catch (const std::exception& thrown) {
      take(unit, unexpected(thrown));
    }
  }

  // With several ranks nobody knows what the others wait for: the failure is recorded, and what
  // comes after it is for those who start the ranks anew.
  void take(const batch::Unit& unit, const Error& error) {
    if (error.kind() == ErrorKind::kInterrupted) throw error;
    if (session_.team().size() > 1) {
      batch::State(order_.state, order_.shard).add_failed(unit.id, unit.hash, error);
      throw error;
    }
    leader_->failed(unit, error);
    session_.release();
  }

  const batch::Order& order_;
  Session& session_;
  RankWatch& watch_;
  int64_t replicas_;
  std::unique_ptr<BatchLeader> leader_;
};

}  // namespace

void run_batch(const Duty& duty,
               parallel::Team& team,
               at::Device device,
               RankWatch& watch,
               ShareBoard& shared) {
  const auto order = batch::order_from_json(duty.task.at("batch"));
  std::optional<InputCopy> input;
  if (order.from_input && team.rank() == 0) input.emplace(order.file);
  Session session(duty.model, device, team, watch, keep_between_outputs(duty.planned, device));
  const int64_t replicas = duty.planned.at("plan").at("data");
  BatchRank(order, duty, session, watch, shared, replicas).run();
  watch.waits("the other replicas' last videos");
  shared.wait_for_all();
}

}  // namespace kinema::engine
