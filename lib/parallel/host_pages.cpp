// Pages are made when the first byte of them is wanted.
#include "parallel/host_pages.h"

#include <algorithm>
#include <string>

#include <ATen/ops/empty.h>

#include "base/error.h"

namespace kinema::parallel {

at::Tensor host_bytes(int64_t bytes, at::Device reader) {
  const auto options = at::TensorOptions(at::kByte).pinned_memory(!reader.is_cpu());
  try {
    return at::empty({bytes}, options);
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::kMemory,
                "the system does not give " + std::to_string(bytes) +
                    " bytes of pinned host memory: " + error.what_without_backtrace(),
                "allow more of it (ulimit -l, the container's limit), or keep fewer blocks there: "
                "--resident-blocks");
  }
}

HostPages::HostPages(int64_t bytes, at::Device reader, int64_t page)
    : left_(bytes), reader_(reader), page_(page) {}

std::vector<at::Tensor> HostPages::take(int64_t bytes) {
  std::vector<at::Tensor> pieces;
  while (bytes > 0) {
    if (!rest_.defined() || rest_.numel() == 0) {
      rest_ = host_bytes(std::min(page_, left_), reader_);
      left_ -= rest_.numel();
    }
    const int64_t length = std::min(bytes, rest_.numel());
    pieces.push_back(rest_.narrow(0, 0, length));
    rest_ = rest_.narrow(0, length, rest_.numel() - length);
    bytes -= length;
  }
  return pieces;
}

}  // namespace kinema::parallel
