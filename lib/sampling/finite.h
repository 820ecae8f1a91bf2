// Ends a run that has gone wrong before it spends more time on noise.
#pragma once

#include <string>

#include <ATen/core/Tensor.h>

namespace kinema::sampling {

// Throws Error(kModel) naming `where` ("denoising, step 3 of 50") if any value is infinite or not a
// number. Waits for the tensor to be computed: once a step is enough.
void require_finite(const at::Tensor& values, const std::string& where);

}  // namespace kinema::sampling
