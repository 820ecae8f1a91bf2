# LibTorch as targets that name single libraries: dep::torch_cpu (never pulls the CUDA side in) and dep::torch_cuda.
# Torch's own package file links everything and demands a CUDA toolkit, so it is not used. Looked for in Torch_DIR,
# CMAKE_PREFIX_PATH and the local virtual environment that scripts/setup.sh makes.
file(GLOB _venv_torch "${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
set(_torch_hints ${_venv_torch})
if(Torch_DIR)
  list(PREPEND _torch_hints "${Torch_DIR}/../../..")
endif()
find_path(KINEMA_TORCH_INCLUDE_DIR ATen/ATen.h HINTS ${_torch_hints} PATH_SUFFIXES include)
find_library(KINEMA_TORCH_CPU_LIBRARY torch_cpu HINTS ${_torch_hints} PATH_SUFFIXES lib)
find_library(KINEMA_C10_LIBRARY c10 HINTS ${_torch_hints} PATH_SUFFIXES lib)
if(NOT KINEMA_TORCH_INCLUDE_DIR OR NOT KINEMA_TORCH_CPU_LIBRARY OR NOT KINEMA_C10_LIBRARY)
  message(FATAL_ERROR "LibTorch not found: run scripts/setup.sh, or name it with -DCMAKE_PREFIX_PATH=/path/to/libtorch")
endif()
file(STRINGS "${KINEMA_TORCH_INCLUDE_DIR}/torch/headeronly/version.h" _torch_version
     REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
string(REGEX REPLACE "[^0-9;]" "" _torch_version "${_torch_version}")
list(JOIN _torch_version "." KINEMA_TORCH_VERSION)
message(STATUS "LibTorch ${KINEMA_TORCH_VERSION}: ${KINEMA_TORCH_CPU_LIBRARY}")

add_library(dep_torch_cpu INTERFACE)
target_include_directories(dep_torch_cpu SYSTEM INTERFACE
  "${KINEMA_TORCH_INCLUDE_DIR}" "${KINEMA_TORCH_INCLUDE_DIR}/torch/csrc/api/include")
target_compile_definitions(dep_torch_cpu INTERFACE USE_DISTRIBUTED USE_C10D_GLOO)
target_link_libraries(dep_torch_cpu INTERFACE
  "${KINEMA_TORCH_CPU_LIBRARY}" "${KINEMA_C10_LIBRARY}" Threads::Threads dep::gloo)
# The wheel's libraries find their own CUDA run time by relative paths; the linker must not ask for it.
target_link_options(dep_torch_cpu INTERFACE "LINKER:--allow-shlib-undefined")
add_library(dep::torch_cpu ALIAS dep_torch_cpu)
