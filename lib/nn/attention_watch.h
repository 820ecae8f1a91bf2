// Which kernel attended to what: LibTorch's own word, from its observers of operators.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kinema::nn {

// Attentions of one shape by one kernel.
struct AttentionUse {
  std::string kernel;  // "cudnn", "flash", "efficient", "math"
  std::string type;    // of the operands
  int64_t queries = 0, keys = 0, heads = 0, head_dim = 0;
  bool biased = false;  // a dense bias or mask was added to the scores
  int64_t calls = 0;
};

// While it lives, attentions of this thread are counted. One at a time.
class AttentionWatch {
 public:
  AttentionWatch();
  ~AttentionWatch();
  AttentionWatch(const AttentionWatch&) = delete;
  AttentionWatch& operator=(const AttentionWatch&) = delete;

  // In the order of first use.
  const std::vector<AttentionUse>& seen() const { return seen_; }
  void note(const AttentionUse& use);

 private:
  uint64_t handle_;
  std::vector<AttentionUse> seen_;
};

}  // namespace kinema::nn
