// The norms over a row of channels that the kernels know.
#pragma once

namespace kinema::kernels {

enum class RowNorm { kLayer, kRms };  // both without parameters

}  // namespace kinema::kernels
