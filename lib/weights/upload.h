// Weights on their way from the files to a device.
#pragma once

#include <ATen/core/Tensor.h>

#include "weights/stored_part.h"
#include "weights/upload_ring.h"

namespace kinema::weights {

// Fills `into`, contiguous, of the part's sizes and of any type, times the part's scale and with
// what LoRA files add to it. Returns when everything is read and given to the device, whose later
// work finds it. Throws what reading has thrown; nothing more of the part is being read then.
void upload(UploadRing& ring, const StoredPart& part, const at::Tensor& into);

}  // namespace kinema::weights
