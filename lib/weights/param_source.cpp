// The interface has no code of its own beyond its header.
#include "weights/param_source.h"
