// What the autoencoder's causal layers remember of the frames that came before, so that a clip can
// be worked on in parts.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace kinema::hunyuan15 {

// One clip's memory, handed through all layers of an encoder or decoder. Layers meet it in the same
// order at every part, so that each finds what it left there.
class Past {
 public:
  enum class Parts { kOne, kMany };
  // With one part nothing is remembered.
  explicit Past(Parts parts) : parts_(parts) {}

  // Whether the part at hand is the clip's first.
  bool at_start() const { return at_start_; }
  bool remembers() const { return parts_ == Parts::kMany; }
  // The calling layer's memory, undefined in the first part.
  at::Tensor& next();
  // Call when a part has gone through all layers.
  void end_part();

  // Bytes remembered.
  int64_t bytes() const;

 private:
  Parts parts_;
  bool at_start_ = true;
  size_t next_ = 0;
  std::vector<at::Tensor> memories_;
};

}  // namespace kinema::hunyuan15
