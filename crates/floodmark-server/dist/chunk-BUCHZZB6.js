import{a as r,ea as i,r as e}from"./chunk-MPSNTI63.js";function s({text:t}){return e(r,{children:t.split("`").map((n,o)=>o%2===0?i(n):e("code",{children:i(n)},o))})}function p(t){return i(t.replaceAll("`",""))}function c(t){return t.split(/([\n\t])/).map(n=>n===`
`||n==="	"?n:i(n)).join("")}export{s as a,p as b,c};
