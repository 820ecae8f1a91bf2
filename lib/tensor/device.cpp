// dlopen for the driver's and LibTorch's libraries; the rest goes through c10's registries.
#include "tensor/device.h"

#include <filesystem>
#include <string>

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <dlfcn.h>

#include "base/error.h"

namespace kinema::tensor {
namespace {

// The number of GPUs the driver shows, 0 without a driver.
int driver_gpus() {
  void* driver = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) return 0;
  auto init = reinterpret_cast<int (*)(unsigned)>(::dlsym(driver, "cuInit"));
  auto get_count = reinterpret_cast<int (*)(int*)>(::dlsym(driver, "cuDeviceGetCount"));
  int count = 0;
  const bool works =
      init != nullptr && get_count != nullptr && init(0) == 0 && get_count(&count) == 0;
  return works ? count : 0;
}

// LibTorch's CUDA library lies beside the library this process already has.
std::filesystem::path cuda_library() {
  Dl_info info{};
  ::dladdr(reinterpret_cast<const void*>(&at::globalContext), &info);
  return std::filesystem::path(info.dli_fname).parent_path() / "libtorch_cuda.so";
}

void load_cuda() {
  const auto path = cuda_library();
  if (::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    throw Error(ErrorKind::kConfig, path.string() + " cannot be loaded: " + ::dlerror(),
                "install a LibTorch with CUDA, or --device cpu");
  }
  auto& context = at::globalContext();
  context.lazyInitDevice(at::kCUDA);
  context.setAllowTF32CuDNN(false);
  context.setFloat32MatmulPrecision("highest");
  // Autotuning by timing would let two runs choose different convolution kernels.
  context.setBenchmarkCuDNN(false);
}

}  // namespace

bool has_gpu() { return driver_gpus() > 0; }

at::Device gpu(int index) {
  const int count = driver_gpus();
  if (index >= count) {
    throw Error(ErrorKind::kConfig,
                "--device cuda:" + std::to_string(index) + ": " +
                    (count == 0 ? "no NVIDIA driver shows a GPU here"
                                : "the driver shows " + std::to_string(count) +
                                      " GPUs, cuda:0 to cuda:" + std::to_string(count - 1)),
                count == 0 ? "--device cpu" : "");
  }
  load_cuda();
  return {at::kCUDA, static_cast<at::DeviceIndex>(index)};
}

MemoryPeaks memory_peaks(at::Device device) {
  if (!device.is_cuda()) return {};
  auto* allocator = c10::getDeviceAllocator(device.type());
  const auto stats = allocator->getDeviceStats(device.index());
  const auto [free, total] = allocator->getMemoryInfo(device.index());
  return {static_cast<uint64_t>(stats.allocated_bytes[0].peak),
          static_cast<uint64_t>(stats.reserved_bytes[0].peak), total - free};
}

void reset_memory_peaks(at::Device device) {
  if (device.is_cuda()) c10::getDeviceAllocator(device.type())->resetPeakStats(device.index());
}

void release_unused_memory(at::Device device) {
  if (device.is_cuda()) c10::getDeviceAllocator(device.type())->emptyCache();
}

void synchronize(at::Device device) {
  if (device.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(device.index());
}

}  // namespace kinema::tensor
