// Which process this is, from each launcher's variables.
#include "launch/environment.h"

#include <map>

#include <catch2/catch.hpp>

#include "base/error.h"

using Variables = std::map<std::string, std::string>;
using kinema::launch::Placement;

namespace {

std::optional<Placement> placed(const Variables& variables) {
  return kinema::launch::placement([&](const std::string& name) -> std::optional<std::string> {
    auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

const Variables kTorchrun = {{"RANK", "5"},
                             {"WORLD_SIZE", "8"},
                             {"LOCAL_RANK", "1"},
                             {"LOCAL_WORLD_SIZE", "4"},
                             {"MASTER_ADDR", "node0"},
                             {"MASTER_PORT", "29400"},
                             {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                             {"TORCHELASTIC_RESTART_COUNT", "2"}};
const Variables kOpenMpi = {{"OMPI_COMM_WORLD_RANK", "2"},
                            {"OMPI_COMM_WORLD_SIZE", "4"},
                            {"OMPI_COMM_WORLD_LOCAL_RANK", "2"},
                            {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
                            {"MASTER_PORT", "4711"}};
const Variables kSlurm = {{"SLURM_PROCID", "6"},
                          {"SLURM_STEP_NUM_TASKS", "7"},
                          {"SLURM_LOCALID", "2"},
                          {"SLURM_NODEID", "1"},
                          {"SLURM_STEP_TASKS_PER_NODE", "4,3"},
                          {"SLURM_STEP_NODELIST", "gpu[07-08,11],x"},
                          {"SLURM_JOB_ID", "100"},
                          {"SLURM_STEP_ID", "1"}};

Variables joined(Variables a, const Variables& b) {
  a.insert(b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("no launcher, no placement") {
  CHECK_FALSE(placed({}));
  // A batch script's own environment names a task, but no step has started it.
  CHECK_FALSE(placed({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}));
}

TEST_CASE("each launcher's variables are understood") {
  auto torchrun = placed(kTorchrun);
  REQUIRE(torchrun);
  CHECK((torchrun->rank == 5 && torchrun->size == 8 && torchrun->local_rank == 1 &&
         torchrun->local_size == 4));
  CHECK((torchrun->host == "node0" && torchrun->port == 29400 && torchrun->store_is_served));
  CHECK(torchrun->attempt == 2);

  auto mpi = placed(kOpenMpi);
  REQUIRE(mpi);
  CHECK((mpi->source == "Open MPI" && mpi->rank == 2 && mpi->size == 4 && !mpi->store_is_served));
  CHECK(mpi->attempt == 0);

  auto slurm = placed(kSlurm);
  REQUIRE(slurm);
  CHECK((slurm->rank == 6 && slurm->size == 7 && slurm->local_rank == 2 && slurm->local_size == 3));
  CHECK(slurm->host == "gpu07");
  CHECK((slurm->port > 1024 && slurm->port < 65536));
}

TEST_CASE("torchrun wins over the srun that started it once") {
  auto both = joined(kTorchrun, {{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}});
  CHECK(placed(both)->source == "torchrun");
}

TEST_CASE("contradictory, incomplete and absurd variables are refused by name") {
  CHECK_THROWS_WITH(
      placed(joined(kTorchrun, kOpenMpi)),
      Catch::Contains("RANK=5 of 8 (torchrun)") && Catch::Contains("OMPI_COMM_WORLD_RANK=2 of 4"));
  auto incomplete = kTorchrun;
  incomplete.erase("WORLD_SIZE");
  CHECK_THROWS_WITH(placed(incomplete), Catch::Contains("not WORLD_SIZE"));
  auto nowhere = kOpenMpi;
  nowhere.erase("MASTER_PORT");
  CHECK_THROWS_WITH(kinema::launch::require_meeting_place(*placed(nowhere)),
                    Catch::Contains("MASTER_PORT is not set"));
  CHECK_NOTHROW(kinema::launch::require_meeting_place(*placed(kOpenMpi)));
  for (const char* port : {"abc", "29500x", "", "0", "65536", "-1"}) {
    auto wrong = kOpenMpi;
    wrong["MASTER_PORT"] = port;
    CHECK_THROWS_WITH(placed(wrong),
                      Catch::Contains(std::string("MASTER_PORT=") + port + " is not a port"));
  }
  auto restarted = kTorchrun;
  restarted["TORCHELASTIC_RESTART_COUNT"] = "often";
  CHECK_THROWS_WITH(placed(restarted), Catch::Contains("TORCHELASTIC_RESTART_COUNT=often"));
  auto absurd = kOpenMpi;
  absurd["OMPI_COMM_WORLD_RANK"] = "4";
  CHECK_THROWS_WITH(placed(absurd), Catch::Contains("is not below OMPI_COMM_WORLD_SIZE=4"));
  absurd["OMPI_COMM_WORLD_RANK"] = "two";
  CHECK_THROWS_WITH(placed(absurd), Catch::Contains("OMPI_COMM_WORLD_RANK=two"));
}
