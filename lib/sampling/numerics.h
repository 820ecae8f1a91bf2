// Which roundings a sampling loop makes.
#pragma once

#include "config/request.h"

namespace kinema::sampling {

// kTrained: latents, times and guidance in float32, as the model was trained. kReference: rounded
// to the model's type where diffusers rounds them. In a float32 model both are the same numbers.
using Numerics = config::Numerics;

}  // namespace kinema::sampling
