// Small tensors whose values say who sent them.
#include "comm/collective_answers.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "support/ranks.h"

namespace kinema::test {
namespace {

void require_gathers(comm::Communicator& group, at::TensorOptions options) {
  const int rank = group.rank(), size = group.size();
  auto rows = at::arange(size, options).view({-1, 1, 1}).expand({size, 2, 3});
  require(at::equal(group.all_gather(at::full({2, 3}, rank, options)), rows), "all_gather");
  auto whole = at::zeros({size * 2, 3}, options);
  group.all_gather_into(at::full({2, 3}, rank, options), whole);
  require(at::equal(whole.view({size, 2, 3}), rows), "all_gather_into");
  auto sent = at::arange(size, options) + 10 * rank;
  require(at::equal(group.all_to_all(sent), at::arange(size, options) * 10 + rank), "all_to_all");
}

void require_sums(comm::Communicator& group, at::TensorOptions options) {
  const int rank = group.rank(), size = group.size();
  auto sum = at::full({5}, rank + 1, options);
  group.all_reduce_sum(sum);
  require(at::equal(sum, at::full({5}, size * (size + 1) / 2, options)), "all_reduce");
  auto copy = at::full({4}, rank, options);
  group.broadcast(copy, size - 1);
  require(at::equal(copy, at::full({4}, size - 1, options)), "broadcast");
}

void require_messages(comm::Communicator& group, at::TensorOptions options) {
  const int rank = group.rank(), size = group.size(), before = (rank + size - 1) % size;
  auto incoming = at::zeros({7}, options);
  group.exchange(at::full({7}, rank, options), (rank + 1) % size, incoming, before, 3)->wait();
  require(at::equal(incoming, at::full({7}, before, options)), "exchange");
  if (rank > 0) {
    group.send(at::full({3}, rank, options), 0, rank)->wait();
  }
  for (int peer = 1; rank == 0 && peer < size; ++peer) {
    auto message = at::zeros({3}, options);
    group.receive(message, peer, peer)->wait();
    require(at::equal(message, at::full({3}, peer, options)), "send and receive");
  }
}

}  // namespace

void require_collectives(comm::Communicator& group, at::TensorOptions options) {
  require_gathers(group, options);
  require_sums(group, options);
  require_messages(group, options);
  group.barrier();
  const int messages = group.rank() == 0 ? group.size() - 1 : 1;
  require(group.traffic().operations == 7 + messages, "every operation is counted once");
}

}  // namespace kinema::test
