// What a GPU of each generation should use first, told without one.
#include "tensor/attention_order.h"

#include <ATen/Context.h>
#include <catch2/catch.hpp>

using namespace kinema;
using at::SDPBackend;

namespace {

SDPBackend first(int major, int minor) {
  return static_cast<SDPBackend>(tensor::attention_order({major, minor}).at(0));
}

}  // namespace

TEST_CASE("cuDNN attends from sm_90 on, FlashAttention before", "[attention]") {
  for (int minor : {0, 6, 9}) CHECK(first(8, minor) == SDPBackend::flash_attention);
  CHECK(first(7, 5) == SDPBackend::flash_attention);
  CHECK(first(0, 0) == SDPBackend::flash_attention);  // a driver that does not say
  for (int major : {9, 10, 12}) CHECK(first(major, 0) == SDPBackend::cudnn_attention);
}

TEST_CASE("LibTorch takes the order, and scores in full are last of what it has", "[attention]") {
  const auto order = tensor::attention_order({9, 0});
  auto& context = at::globalContext();
  const auto before = context.sDPPriorityOrder();
  CHECK_NOTHROW(context.setSDPPriorityOrder(order));
  const auto now = context.sDPPriorityOrder();
  CHECK(now[0] == SDPBackend::cudnn_attention);
  CHECK(now[1] == SDPBackend::flash_attention);
  CHECK(now[3] == SDPBackend::math);
  context.setSDPPriorityOrder({static_cast<int64_t>(before[0]), static_cast<int64_t>(before[1]),
                               static_cast<int64_t>(before[2]), static_cast<int64_t>(before[3]),
                               static_cast<int64_t>(before[4])});
}
