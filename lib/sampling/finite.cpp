// The largest magnitude is infinite or NaN exactly if some value is: one reduction, one number to
// the host.
#include "sampling/finite.h"

#include <cmath>

#include "base/error.h"

namespace kinema::sampling {

void require_finite(const at::Tensor& values, const std::string& where) {
  if (values.numel() == 0 || std::isfinite(values.abs().max().item<float>())) return;
  throw Error(ErrorKind::kModel,
              where + ": the latents hold infinite values or NaN, so no picture can come of them",
              "try --dtype float32, and kinema inspect to check the checkpoint");
}

}  // namespace kinema::sampling
