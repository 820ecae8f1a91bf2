// The types that numbers beside weights are stored in.
#include "checkpoint/scalar.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace kinema::checkpoint {
namespace {

template <class T>
T as(const StoredTensor& tensor) {
  T value;
  std::memcpy(&value, tensor.bytes().data(), sizeof(T));
  return value;
}

double half(uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const double size = exponent == 0    ? std::ldexp(fraction, -24)
                      : exponent == 31 ? (fraction == 0 ? HUGE_VAL : NAN)
                                       : std::ldexp(fraction + 1024, exponent - 25);
  return (bits & 0x8000) != 0 ? -size : size;
}

}  // namespace

double scalar(const StoredTensor& tensor) {
  switch (tensor.entry.dtype) {
    case Dtype::kF32:
      return as<float>(tensor);
    case Dtype::kF64:
      return as<double>(tensor);
    case Dtype::kBF16:
      return std::bit_cast<float>(static_cast<uint32_t>(as<uint16_t>(tensor)) << 16);
    case Dtype::kF16:
      return half(as<uint16_t>(tensor));
    case Dtype::kI64:
      return static_cast<double>(as<int64_t>(tensor));
    case Dtype::kI32:
      return as<int32_t>(tensor);
    default:
      throw Error(ErrorKind::kModel, tensor.map->path().string() + ": \"" + tensor.entry.name +
                                         "\" is stored as " +
                                         std::string(dtype_name(tensor.entry.dtype)) +
                                         "; a number of 16 bits or more is wanted");
  }
}

}  // namespace kinema::checkpoint
