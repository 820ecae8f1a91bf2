// The words for the enumerations of a request.
#include "config/value_text.h"

namespace kinema::config {

template <>
const std::vector<std::string>& names<ImageFit>() {
  static const std::vector<std::string> all = {"reference", "crop", "pad", "stretch"};
  return all;
}
template <>
const std::vector<std::string>& names<Resolution>() {
  static const std::vector<std::string> all = {"480p", "720p"};
  return all;
}
template <>
const std::vector<std::string>& names<RoundFrames>() {
  static const std::vector<std::string> all = {"no", "up", "down"};
  return all;
}
template <>
const std::vector<std::string>& names<Numerics>() {
  static const std::vector<std::string> all = {"trained", "reference"};
  return all;
}
template <>
const std::vector<std::string>& names<Kernels>() {
  static const std::vector<std::string> all = {"reference", "fused"};
  return all;
}
template <>
const std::vector<std::string>& names<Dtype>() {
  static const std::vector<std::string> all = {"float32", "bfloat16"};
  return all;
}
template <>
const std::vector<std::string>& names<VaeTiling>() {
  static const std::vector<std::string> all = {"auto", "on", "off"};
  return all;
}
template <>
const std::vector<std::string>& names<Offload>() {
  static const std::vector<std::string> all = {"none", "model", "block", "disk"};
  return all;
}
template <>
const std::vector<std::string>& names<LoadAhead>() {
  static const std::vector<std::string> all = {"auto", "none", "transformer", "vae", "all"};
  return all;
}
template <>
const std::vector<std::string>& names<ParallelChoice>() {
  static const std::vector<std::string> all = {"manual", "auto"};
  return all;
}
template <>
const std::vector<std::string>& names<Codec>() {
  static const std::vector<std::string> all = {"h264", "hevc", "av1", "ffv1"};
  return all;
}
template <>
const std::vector<std::string>& names<ProgressStyle>() {
  static const std::vector<std::string> all = {"auto", "bar", "plain", "json", "none"};
  return all;
}
template <>
const std::vector<std::string>& names<ColorMode>() {
  static const std::vector<std::string> all = {"auto", "always", "never"};
  return all;
}
template <>
const std::vector<std::string>& names<LogLevel>() {
  static const std::vector<std::string> all = {"quiet", "normal", "verbose", "debug"};
  return all;
}

}  // namespace kinema::config
