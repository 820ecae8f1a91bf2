// The first rank goes through the grid in raster order: its own tiles it makes, the others' it
// waits for, one of each rank being received while it works.
#include "parallel/tile_team.h"

#include <deque>
#include <map>
#include <memory>
#include <utility>

#include <ATen/ops/empty.h>

#include "plan/tile_spread.h"

namespace kinema::parallel {
namespace {

// Tiles a sender holds while they travel.
constexpr size_t kInFlight = 2;

void make_and_send(comm::Communicator& comm, const std::vector<int>& owner, const MakeTile& make) {
  std::deque<std::unique_ptr<comm::Pending>> sent;
  for (size_t index = 0; index < owner.size(); ++index) {
    if (owner[index] != comm.rank()) continue;
    if (sent.size() == kInFlight) {
      sent.front()->wait();
      sent.pop_front();
    }
    sent.push_back(comm.send(make(static_cast<int64_t>(index)), 0, static_cast<int>(index)));
  }
  for (auto& transfer : sent) transfer->wait();
}

// Receives from each rank one tile ahead, in the order in which it sends them.
class Receiver {
 public:
  Receiver(const plan::TileGrid& grid,
           comm::Communicator& comm,
           const std::vector<int>& owner,
           int64_t channels,
           int64_t frames,
           at::TensorOptions options)
      : grid_(grid), comm_(comm), channels_(channels), frames_(frames), options_(options) {
    for (size_t index = 0; index < owner.size(); ++index) {
      if (owner[index] != 0) expected_[owner[index]].push_back(static_cast<int64_t>(index));
    }
    for (const auto& [rank, tiles] : expected_) start(rank);
  }

  // The next tile of `rank`.
  at::Tensor next(int rank) {
    auto arrived = std::move(arriving_.at(rank));
    arrived.transfer->wait();
    start(rank);
    return arrived.tile;
  }

 private:
  struct Arriving {
    at::Tensor tile;
    std::unique_ptr<comm::Pending> transfer;
  };

  void start(int rank) {
    auto& tiles = expected_[rank];
    if (tiles.empty()) return;
    const auto index = tiles.front();
    tiles.pop_front();
    const auto& place = grid_.tiles()[static_cast<size_t>(index)];
    auto tile = at::empty({1, channels_, frames_, place.after_height, place.after_width}, options_);
    auto transfer = comm_.receive(tile, rank, static_cast<int>(index));
    arriving_[rank] = {tile, std::move(transfer)};
  }

  const plan::TileGrid& grid_;
  comm::Communicator& comm_;
  int64_t channels_, frames_;
  at::TensorOptions options_;
  std::map<int, std::deque<int64_t>> expected_;
  std::map<int, Arriving> arriving_;
};

}  // namespace

void make_tiles(const plan::TileGrid& grid,
                comm::Communicator& comm,
                int64_t channels,
                int64_t frames,
                at::TensorOptions options,
                const MakeTile& make,
                const TakeTile& take) {
  const auto owner = plan::spread_tiles(grid, comm.size());
  if (comm.rank() != 0) return make_and_send(comm, owner, make);
  Receiver receiver(grid, comm, owner, channels, frames, options);
  for (size_t index = 0; index < owner.size(); ++index) {
    const auto tile = static_cast<int64_t>(index);
    take(tile, owner[index] == 0 ? make(tile) : receiver.next(owner[index]));
  }
}

}  // namespace kinema::parallel
