// As a tensor of bytes.
#include "share_text.h"

#include <ATen/ops/from_blob.h>

namespace kinema::engine {

std::string shared_text(const parallel::Team& team, int root, const std::string& text) {
  at::Tensor bytes;
  if (team.replica().rank() == root) {
    bytes = at::from_blob(const_cast<char*>(text.data()), {static_cast<int64_t>(text.size())},
                          at::kByte)
                .clone();
  }
  const auto shared = parallel::shared_from(team.replica(), root, bytes).to(at::kCPU);
  return {reinterpret_cast<const char*>(shared.const_data_ptr<uint8_t>()),
          static_cast<size_t>(shared.numel())};
}

}  // namespace kinema::engine
