// placeholder until the safetensors reader is there
#include "support/tensors.h"
