# CUDA's run time and NCCL as the targets dep::cuda and dep::nccl: those that LibTorch's wheel brings beside itself,
# or a toolkit's. Only for parts that are loaded when a GPU is used; nothing else may link them.
get_filename_component(_torch_lib "${KINEMA_TORCH_CPU_LIBRARY}" DIRECTORY)
get_filename_component(_wheels "${_torch_lib}/../.." ABSOLUTE)

# kinema_cuda_part(NAME HEADER LIBRARIES... FOLDERS...): the target dep::NAME.
function(kinema_cuda_part name)
  cmake_parse_arguments(ARG "" "HEADER" "LIBRARIES;FOLDERS" ${ARGN})
  find_path(KINEMA_${name}_INCLUDE_DIR "${ARG_HEADER}" HINTS ${ARG_FOLDERS} PATH_SUFFIXES include)
  find_library(KINEMA_${name}_LIBRARY NAMES ${ARG_LIBRARIES} HINTS ${ARG_FOLDERS} PATH_SUFFIXES lib lib64)
  if(NOT KINEMA_${name}_INCLUDE_DIR OR NOT KINEMA_${name}_LIBRARY)
    message(FATAL_ERROR "KINEMA_CUDA=ON: ${ARG_HEADER} or ${ARG_LIBRARIES} not found; name them with "
                        "-DKINEMA_${name}_INCLUDE_DIR=... and -DKINEMA_${name}_LIBRARY=...")
  endif()
  add_library(dep_${name} INTERFACE)
  target_include_directories(dep_${name} SYSTEM INTERFACE "${KINEMA_${name}_INCLUDE_DIR}")
  target_link_libraries(dep_${name} INTERFACE "${KINEMA_${name}_LIBRARY}")
  add_library(dep::${name} ALIAS dep_${name})
endfunction()

# The wheel's own files come first: they are what LibTorch loads.
kinema_cuda_part(cudart HEADER cuda_runtime_api.h LIBRARIES libcudart.so.13 cudart
  FOLDERS "${_wheels}/nvidia/cu13" "$ENV{CUDA_HOME}" /usr/local/cuda)
find_library(KINEMA_C10_CUDA_LIBRARY c10_cuda HINTS "${_torch_lib}")
if(NOT KINEMA_C10_CUDA_LIBRARY)
  message(FATAL_ERROR "KINEMA_CUDA=ON: the LibTorch in ${_torch_lib} has no CUDA; give one that has "
                      "(-DCMAKE_PREFIX_PATH=...)")
endif()
add_library(dep_cuda INTERFACE)
target_link_libraries(dep_cuda INTERFACE dep::torch_cpu "${KINEMA_C10_CUDA_LIBRARY}" dep::cudart)
add_library(dep::cuda ALIAS dep_cuda)

if(KINEMA_NCCL)
  kinema_cuda_part(nccl HEADER nccl.h LIBRARIES libnccl.so.2 nccl FOLDERS "${_wheels}/nvidia/nccl")
endif()
