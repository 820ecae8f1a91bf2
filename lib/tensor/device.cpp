// dlopen for the driver's and LibTorch's libraries; the rest goes through c10's registries.
#include "tensor/device.h"

#include <filesystem>
#include <string>

#include <ATen/Context.h>
#include <ATen/core/CachingHostAllocator.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <dlfcn.h>

#include "base/error.h"
#include "tensor/attention_order.h"

namespace kinema::tensor {
namespace {

// The driver's library, with what is asked of it; numbers are those of its header.
class Driver {
 public:
  Driver() : library_(::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL)) {
    const auto init = function<int(unsigned)>("cuInit");
    works_ = init != nullptr && init(0) == 0;
  }

  int count() const {
    const auto get_count = function<int(int*)>("cuDeviceGetCount");
    int count = 0;
    return works_ && get_count != nullptr && get_count(&count) == 0 ? count : 0;
  }

  // 0.0 where the driver does not say.
  ComputeCapability capability(int index) const {
    const auto get = function<int(int*, int)>("cuDeviceGet");
    const auto attribute = function<int(int*, int, int)>("cuDeviceGetAttribute");
    constexpr int kMajor = 75, kMinor = 76;
    int device = 0;
    ComputeCapability found;
    const bool known = works_ && get != nullptr && attribute != nullptr &&
                       get(&device, index) == 0 && attribute(&found.major, kMajor, device) == 0 &&
                       attribute(&found.minor, kMinor, device) == 0;
    return known ? found : ComputeCapability();
  }

  // 16 bytes, or nothing. The second version tells the parts of a divided GPU apart.
  std::string uuid(int index) const {
    const auto get = function<int(int*, int)>("cuDeviceGet");
    const auto get_uuid = function<int(char*, int)>("cuDeviceGetUuid_v2");
    int device = 0;
    std::string bytes(16, '\0');
    const bool known = works_ && get != nullptr && get_uuid != nullptr &&
                       get(&device, index) == 0 && get_uuid(bytes.data(), device) == 0;
    return known ? bytes : std::string();
  }

 private:
  template <typename Signature>
  Signature* function(const char* name) const {
    if (library_ == nullptr) return nullptr;
    return reinterpret_cast<Signature*>(::dlsym(library_, name));
  }

  void* library_;
  bool works_ = false;
};

// LibTorch's CUDA library lies beside the library this process already has.
std::filesystem::path cuda_library() {
  Dl_info info{};
  ::dladdr(reinterpret_cast<const void*>(&at::globalContext), &info);
  return std::filesystem::path(info.dli_fname).parent_path() / "libtorch_cuda.so";
}

void load_cuda(int index) {
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
  context.setSDPPriorityOrder(attention_order(Driver().capability(index)));
}

}  // namespace

int gpu_count() { return Driver().count(); }

std::string gpu_identity(int index) {
  const auto uuid = Driver().uuid(index);
  if (uuid.empty()) {
    throw Error(ErrorKind::kConfig, "the driver does not identify cuda:" + std::to_string(index));
  }
  return uuid;
}

at::Device gpu(int index) {
  const int count = gpu_count();
  if (index >= count) {
    throw Error(ErrorKind::kConfig,
                "--device cuda:" + std::to_string(index) + ": " +
                    (count == 0 ? "no NVIDIA driver shows a GPU here"
                                : "the driver shows " + std::to_string(count) +
                                      " GPUs, cuda:0 to cuda:" + std::to_string(count - 1)),
                count == 0 ? "--device cpu" : "");
  }
  load_cuda(index);
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

uint64_t device_memory(at::Device device) {
  if (!device.is_cuda()) return 0;
  return c10::getDeviceAllocator(device.type())->getMemoryInfo(device.index()).second;
}

void reset_memory_peaks(at::Device device) {
  if (device.is_cuda()) c10::getDeviceAllocator(device.type())->resetPeakStats(device.index());
}

void release_unused_memory(at::Device device) {
  if (device.is_cuda()) c10::getDeviceAllocator(device.type())->emptyCache();
  release_unused_host_memory(device);
}

void release_unused_host_memory(at::Device device) {
  if (device.is_cuda()) at::getHostAllocator(device.type())->empty_cache();
}

void synchronize(at::Device device) {
  if (device.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(device.index());
}

}  // namespace kinema::tensor
