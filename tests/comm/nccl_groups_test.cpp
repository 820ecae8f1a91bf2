// Groups over NCCL are parts of one run, and every process takes part in every split.
#include <catch2/catch.hpp>

#include "base/error.h"
#include "comm/nccl.h"
#include "support/ranks.h"

using kinema::comm::Nccl;
using kinema::comm::Rendezvous;
using kinema::test::require;
using kinema::test::run_ranks;

namespace {

// How the group was split, which a played barrier tells.
std::string split_of(kinema::comm::Communicator& group) {
  try {
    group.barrier();
  } catch (const kinema::Error& error) {
    return error.what();
  }
  return "nothing";
}

void require_split(kinema::comm::Communicator& group, const std::string& want) {
  const auto got = split_of(group);
  require(got == group.group() + " barrier #1: " + want, got);
}

}  // namespace

TEST_CASE("groups of all, of some and of none are split in step") {
  CHECK_NOTHROW(run_ranks(4, [](Rendezvous& rendezvous) {
    const int rank = rendezvous.rank(), even = rank / 2 * 2;
    const auto text = std::to_string(rank);
    Nccl nccl(rendezvous, {at::kCUDA, 0}, {}, KINEMA_PLAYED_NCCL);
    auto all = nccl_group(nccl, "replica", {0, 1, 2, 3});
    const auto pair = nccl_group(nccl, "cfg", {even, even + 1});
    const std::vector<int> decoders{0, 1, 3};
    const auto some = nccl_group(nccl, "vae", rank == 2 ? std::vector{2} : decoders);
    const auto ahead = nccl_group(nccl, "weights", {even, even + 1});
    require_split(*all, "a run of 4 as " + text + ", split 1: colour 0 place " + text + " of 4");
    const auto of_pair =
        "colour " + std::to_string(even) + " place " + std::to_string(rank - even) + " of 2";
    require_split(*pair, "a run of 4 as " + text + ", split 2: " + of_pair);
    if (rank == 2) {
      require(some->size() == 1 && split_of(*some) == "nothing", "rank 2 is alone");
    } else {
      require_split(*some, "a run of 4 as " + text + ", split 3: colour 0 place " +
                               std::to_string(rank == 3 ? 2 : rank) + " of 3");
    }
    require_split(*ahead, "a run of 4 as " + text + ", split 4: " + of_pair + " ahead");
  }));
}
